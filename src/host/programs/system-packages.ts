import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What dpkg knows of this host. */
export interface SystemPackages {
  /** The package that has a file, by the file's real path; undefined for a file of none. */
  ownerOf(path: string): string | undefined;
  /** Packages with all that they depend on, and all that is essential. */
  closureOf(packages: Iterable<string>): ReadonlySet<string>;
}

interface Status {
  readonly essential: boolean;
  readonly depends: readonly string[];
}

/** @param root of dpkg's database. @returns undefined where none exists */
export function readSystemPackages(root = '/var/lib/dpkg'): SystemPackages | undefined {
  let status: Map<string, Status>;
  try {
    status = readStatus(readFileSync(join(root, 'status'), 'utf8'));
  } catch {
    return undefined;
  }
  let owners: Map<string, string> | undefined;
  return {
    ownerOf: (path) => {
      owners ??= readOwners(join(root, 'info'));
      return owners.get(withMergedUsr(sourceOfCache(path)));
    },
    closureOf: (packages) => {
      const wanted = [
        ...packages,
        ...[...status].flatMap(([name, { essential }]) => (essential ? [name] : [])),
      ];
      const closure = new Set<string>();
      for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
        if (closure.has(name)) continue;
        closure.add(name);
        wanted.push(...(status.get(name)?.depends ?? []));
      }
      return closure;
    },
  };
}

/** The fields of deb822 stanzas that matter here; what a package provides stands for it. */
function readStatus(text: string): Map<string, Status> {
  const packages = new Map<string, Status>();
  for (const stanza of text.split('\n\n')) {
    const field = (name: string): string =>
      new RegExp(`^${name}: (.*(?:\n .*)*)`, 'm').exec(stanza)?.[1] ?? '';
    const name = field('Package');
    if (name === '' || !/^Status: .* installed$/m.test(stanza)) continue;
    const names = (list: string): string[] =>
      list.split(/[,|]/).flatMap((word) => /^\s*([a-z0-9][a-z0-9+.-]+)/.exec(word)?.[1] ?? []);
    const depends = [...names(field('Depends')), ...names(field('Pre-Depends'))];
    packages.set(name, { essential: field('Essential') === 'yes', depends });
    for (const provided of names(field('Provides'))) {
      if (packages.has(provided)) continue;
      packages.set(provided, { essential: false, depends: [name] });
    }
  }
  return packages;
}

function readOwners(folder: string): Map<string, string> {
  const owners = new Map<string, string>();
  for (const file of readdirSync(folder)) {
    if (!file.endsWith('.list')) continue;
    const name = file.slice(0, -'.list'.length).replace(/:.*$/, '');
    for (const path of readFileSync(join(folder, file), 'utf8').split('\n'))
      owners.set(withMergedUsr(path), name);
  }
  return owners;
}

/** Packages may still name files by the links of a merged /usr. */
function withMergedUsr(path: string): string {
  return path.replace(/^\/(bin|sbin|lib|lib32|lib64|libx32)\//, '/usr/$1/');
}

/** Python compiles modules beside them: what was compiled is the module's. */
function sourceOfCache(path: string): string {
  return path.replace(/\/__pycache__\/([^/]+)\.[a-z]+-\d+(?:\.opt-\d)?\.pyc$/, '/$1.py');
}
