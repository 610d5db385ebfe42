import { lstatSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Keep } from './links.ts';

/**
 * Which entries of a tree a source's `only` leaves: what it names, all that lies below, and the folders on the way.
 * @param only relative paths; undefined keeps everything
 */
export function keepOnly(only: readonly string[] | undefined): Keep | undefined {
  if (only === undefined) return undefined;
  const named = new Set(only);
  const onTheWay = new Set(only.flatMap((path) => ancestors(path)));
  return (path) => named.has(path) || onTheWay.has(path) || ancestors(path).some((above) => named.has(above));
}

/** "a/b/c" → "a", "a/b". */
function ancestors(path: string): string[] {
  const parts = path.split('/');
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** Moves what `only` names of a tree, or all that the tree holds, into an empty folder on the same file system. */
export function takeTree(tree: string, folder: string, only: readonly string[] = readdirSync(tree)): void {
  for (const path of only) {
    if (lstatSync(join(tree, path), { throwIfNoEntry: false }) === undefined) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    renameSync(join(tree, path), join(folder, path));
  }
}
