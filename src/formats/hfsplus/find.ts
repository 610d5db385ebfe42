import type { Entry } from './catalog.ts';
import { decompose } from './name.ts';
import { linkTarget, type HfsVolume } from './open-volume.ts';

/** The names in a path within a volume; "." and empty ones are left out. */
export function pathParts(path: string): string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

/** What a path leads through: an entry of a volume that is read, or an item of one that is changed. */
interface Node<T> {
  readonly children?: ReadonlyMap<string, T> | undefined;
}

/**
 * Follows a path from folder to folder.
 * @param fold the volume's rule for names that are the same
 * @param folderOf what a hard link to a folder stands for; all else is itself
 */
export function follow<T extends Node<T>>(
  path: string,
  from: T,
  fold: (name: string) => string,
  folderOf: (node: T) => T,
): T | undefined {
  let node = from;
  for (const part of pathParts(path)) {
    const { children } = folderOf(node);
    const stored = part.replaceAll(':', '/').replaceAll('\u2400', '\0');
    // Other systems write names that are not decomposed.
    const next = children?.get(fold(decompose(stored))) ?? children?.get(fold(stored));
    if (next === undefined) return undefined;
    node = next;
  }
  return node;
}

/** Finds an entry by its path. Hard links to folders are followed on the way, symbolic links are not. */
export function findEntry(volume: HfsVolume, path: string): Entry | undefined {
  const { root, fold } = volume.catalog;
  return follow(path, root, fold, (entry) => linkTarget(volume, entry));
}

/** What is in a folder, in the order of the catalog. */
export function childrenOf(volume: HfsVolume, entry: Entry): Entry[] {
  const children = [...(linkTarget(volume, entry).children ?? [])];
  return children.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, child]) => child);
}
