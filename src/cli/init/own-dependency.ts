import { readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';

/** What of a package.json matters here. */
interface Dependencies {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/**
 * How a new project's package.json names the cidermill that makes it: as the project it is installed in does, a
 * checkout by its folder, anything else by its version.
 * @param installed absolute path of the running cidermill
 * @param folder absolute path of the new project
 */
export function ownDependency(installed: string, folder: string, version: string): string {
  const fromFolder = (path: string): string => `file:${relative(folder, path)}`;
  const modules = dirname(installed);
  if (basename(modules) !== 'node_modules') return fromFolder(installed);
  const host = dirname(modules);
  const spec = readDependencies(join(host, 'package.json'));
  if (spec?.startsWith('file:') === true) return fromFolder(resolve(host, spec.slice('file:'.length)));
  // "workspace:" and "link:" mean something in that one project only.
  return spec === undefined || /^(workspace|link|portal):/.test(spec) ? `^${version}` : spec;
}

function readDependencies(path: string): string | undefined {
  try {
    const read = JSON.parse(readFileSync(path, 'utf8')) as Dependencies;
    return read.dependencies?.['cidermill'] ?? read.devDependencies?.['cidermill'];
  } catch {
    // None, or not a readable one: the version says enough.
    return undefined;
  }
}
