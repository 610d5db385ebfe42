import type { Entry } from './catalog.ts';
import { decompose } from './name.ts';
import { linkTarget, type HfsVolume } from './open-volume.ts';

/** The names in a path within a volume; "." and empty ones are left out. */
export function pathParts(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

/** Finds an entry by its path. Hard links to folders are followed on the way, symbolic links are not. */
export function findEntry(volume: HfsVolume, path: string): Entry | undefined {
  const { root, fold } = volume.catalog;
  let entry: Entry = root;
  for (const part of pathParts(path)) {
    const folder = linkTarget(volume, entry);
    const stored = part.replaceAll(':', '/').replaceAll('\u2400', '\0');
    // Other systems write names that are not decomposed.
    const next = folder.children?.get(fold(decompose(stored))) ?? folder.children?.get(fold(stored));
    if (next === undefined) return undefined;
    entry = next;
  }
  return entry;
}

/** What is in a folder, in the order of the catalog. */
export function childrenOf(volume: HfsVolume, entry: Entry): Entry[] {
  const children = [...(linkTarget(volume, entry).children ?? [])];
  return children.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, child]) => child);
}
