import { existsSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Finds what a Mac finds by a name in any case: where a part of the path is there in another case, a link of the wanted
 * name is made beside it.
 * @param path relative to the folder
 * @returns the path as it is spelled there; undefined when the folder has no such file, and then nothing is made
 */
export function findInAnyCase(folder: string, path: string): string | undefined {
  const { found, links } = lookUp(folder, path) ?? {};
  for (const [target, link] of links ?? []) symlinkSync(target, link);
  return found;
}

/** A path as the folder spells it, whatever case it is asked in; undefined when the folder has no such file. */
export function spelledAs(folder: string, path: string): string | undefined {
  return lookUp(folder, path)?.found;
}

interface LookUp {
  readonly found: string;
  /** What links would make the asked path one that is there: each its target and its own path. */
  readonly links: readonly (readonly [string, string])[];
}

function lookUp(folder: string, path: string): LookUp | undefined {
  const links: (readonly [string, string])[] = [];
  const found: string[] = [];
  for (const name of path.split('/')) {
    const at = join(folder, ...found);
    if (existsSync(join(at, name))) found.push(name);
    else {
      const other = namesIn(at).find((each) => each.toLowerCase() === name.toLowerCase());
      if (other === undefined) return undefined;
      links.push([other, join(at, name)]);
      found.push(other);
    }
  }
  return { found: found.join('/'), links };
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    // A part of the path may be a file.
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}
