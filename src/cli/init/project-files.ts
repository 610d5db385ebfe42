import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ownDependency } from './own-dependency.ts';

/** What cidermill's own package.json says that a new project's repeats: the versions its types were tested with. */
interface OwnPackage {
  readonly version: string;
  readonly devDependencies: Readonly<Record<'typescript' | '@types/node', string>>;
}

/** The packages a project needs for its scripts, as npm's names and ranges. */
export function projectDependencies(installed: string, folder: string): Readonly<Record<string, string>> {
  const { version, devDependencies } = JSON.parse(
    readFileSync(join(installed, 'package.json'), 'utf8'),
  ) as OwnPackage;
  return {
    '@types/node': devDependencies['@types/node'],
    cidermill: ownDependency(installed, folder, version),
    typescript: devDependencies.typescript,
  };
}

/**
 * The files of a new project, path → text, sorted: those of the package's template/, and a package.json.
 * @param installed absolute path of the running cidermill
 * @param folder absolute path of the new project
 */
export function projectFiles(installed: string, folder: string): ReadonlyMap<string, string> {
  const template = join(installed, 'template');
  const files = readdirSync(template, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry): [string, string] => {
      const path = join(entry.parentPath, entry.name);
      // npm leaves a file named .gitignore out of packages.
      const name = path.slice(template.length + 1).replace(/^gitignore$/, '.gitignore');
      return [name, readFileSync(path, 'utf8')];
    });
  const manifest = {
    name: packageName(folder),
    private: true,
    type: 'module',
    scripts: { start: 'cidermill run hello', check: 'tsc --noEmit' },
    devDependencies: projectDependencies(installed, folder),
  };
  return new Map(
    [...files, ['package.json', `${JSON.stringify(manifest, null, 2)}\n`] as const].sort(([a], [b]) =>
      a < b ? -1 : 1,
    ),
  );
}

/** A name npm takes, of the folder's; never cidermill's own, which npm would refuse to install into itself. */
function packageName(folder: string): string {
  const name = basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[._-]+|-+$/g, '')
    .slice(0, 100);
  if (name === '' || name === 'node_modules') return 'project';
  return name === 'cidermill' ? 'cidermill-project' : name;
}
