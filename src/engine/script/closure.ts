import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { Failure, sha256, type Sha256 } from '../../base/index.ts';

/** The code that a step's outcome may depend on. */
export interface Closure {
  /** Module → digest; paths are relative to the project's root, or to the package's, with "/". */
  readonly modules: Readonly<Record<string, Sha256>>;
  /** `name@version` of a package from npm → digest of its files that are loaded, and of its package.json. */
  readonly packages: Readonly<Record<string, Sha256>>;
}

/**
 * Names and hashes the files that a bundle was made from.
 * @param files absolute, without links
 * @param roots absolute; the first one that a file lies in gives it its name
 * @throws Failure 'outside-module' for a file of neither a root nor a package with a name and a version
 */
export function closeOver(files: Iterable<string>, roots: readonly string[]): Closure {
  const modules: Record<string, Sha256> = {};
  const packages = new Map<string, Map<string, Sha256>>();
  for (const file of [...files].sort()) {
    const root = roots.find((folder) => file.startsWith(folder + sep));
    const name = root === undefined ? undefined : slashed(relative(root, file));
    if (name !== undefined && !name.split('/').includes('node_modules')) modules[name] = digestOf(file);
    else addPackageFile(packages, file);
  }
  const digests = [...packages].map(([name, held]): [string, Sha256] => [name, digestOfAll(held)]);
  return { modules, packages: Object.fromEntries(digests.sort(([a], [b]) => (a < b ? -1 : 1))) };
}

/** Are these the same code? */
export function sameClosure(a: Closure, b: Closure): boolean {
  const lines = ({ modules, packages }: Closure): string =>
    [modules, packages].map((part) => Object.entries(part).sort().join('\n')).join('\n\n');
  return lines(a) === lines(b);
}

function addPackageFile(packages: Map<string, Map<string, Sha256>>, file: string): void {
  const found = packageOf(file);
  if (found === undefined) {
    throw new Failure(
      'outside-module',
      `${file} lies outside of the project: no other machine has it there`,
      {
        hint: "Move it into the project, or make a package of it and add that to the project's dependencies.",
      },
    );
  }
  const key = `${found.name}@${found.version}`;
  let held = packages.get(key);
  if (held === undefined) {
    held = new Map([['package.json', digestOf(join(found.folder, 'package.json'))]]);
    packages.set(key, held);
  }
  held.set(slashed(relative(found.folder, file)), digestOf(file));
}

/** The package that a file is of: of the nearest package.json with a name and a version. */
function packageOf(file: string): { name: string; version: string; folder: string } | undefined {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const path = join(folder, 'package.json');
    if (!existsSync(path)) continue;
    const { name, version } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    if (typeof name === 'string' && typeof version === 'string') return { name, version, folder };
  }
  return undefined;
}

function digestOfAll(files: ReadonlyMap<string, Sha256>): Sha256 {
  const hash = createHash('sha256');
  for (const [name, digest] of [...files].sort(([a], [b]) => (a < b ? -1 : 1)))
    hash.update(`${digest}  ${name}\n`);
  return hash.digest('hex') as Sha256;
}

function digestOf(file: string): Sha256 {
  return sha256(readFileSync(file));
}

function slashed(path: string): string {
  return path.split(sep).join('/');
}
