import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { Failure } from '../../base/index.ts';
import { packageRoot } from '../../host/index.ts';
import type { Recipe } from '../../recipe/index.ts';

/** The project's own file, at its root. */
const projectFile = 'cidermill.yaml';

/**
 * Lets a recipe run on the host, outside of any sandbox, when it comes with the package, or its project says that its
 * recipes may (docs/trust.md).
 * @throws Failure 'host-not-trusted'
 */
export function requireHostTrust({ name, file, root }: Pick<Recipe, 'name' | 'file' | 'root'>): void {
  if (root === packageRoot || trusts(root)) return;
  throw new Failure(
    'host-not-trusted',
    `the recipe ${name} (${file}) wants to run on the host, outside of the sandbox`,
    {
      hint: `Give it a buildroot. Or, if you trust all of this project's scripts with your own rights, write "trust: host" into ${projectFile} beside recipes/.`,
    },
  );
}

function trusts(root: string): boolean {
  let text: string;
  try {
    text = readFileSync(join(root, projectFile), 'utf8');
  } catch {
    return false;
  }
  try {
    const read = parse(text) as { trust?: unknown } | null;
    return read?.trust === 'host';
  } catch {
    throw new Failure('bad-project-file', `${projectFile} is not YAML`, {
      hint: 'It holds "trust: host" or nothing.',
    });
  }
}
