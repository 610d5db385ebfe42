import { Failure } from '../../base/index.ts';
import { packageRoot } from '../../host/index.ts';
import { loadSettings, settingsFile, type Recipe } from '../../recipe/index.ts';

/**
 * Lets a recipe run on the host, outside of any sandbox, when it comes with the package, or its project says that its
 * recipes may (docs/trust.md).
 * @throws Failure 'host-not-trusted'
 */
export function requireHostTrust({ name, file, root }: Pick<Recipe, 'name' | 'file' | 'root'>): void {
  if (root === packageRoot || loadSettings(root).trust === 'host') return;
  throw new Failure(
    'host-not-trusted',
    `the recipe ${name} (${file}) wants to run on the host, outside of the sandbox`,
    {
      hint: `Give it a buildroot. Or, if you trust all of this project's scripts with your own rights, write "trust: host" into ${settingsFile} beside recipes/.`,
    },
  );
}
