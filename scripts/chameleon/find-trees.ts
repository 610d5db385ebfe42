import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Branches of a repository lie that deep: `branches/USER/NAME`. */
const deepest = 3;

export function isTree(folder: string): boolean {
  return existsSync(join(folder, 'Make.rules')) && existsSync(join(folder, 'i386/config/Makefile'));
}

/** @returns the trees below a folder, as paths in it, in their order */
export function treesIn(folder: string): string[] {
  const found: string[] = [];
  const search = (path: string, depth: number): void => {
    for (const entry of readdirSync(join(folder, path), { withFileTypes: true })) {
      const below = path === '' ? entry.name : `${path}/${entry.name}`;
      if (!entry.isDirectory() || entry.name.startsWith('.')) continue;
      if (isTree(join(folder, below))) found.push(below);
      else if (depth < deepest) search(below, depth + 1);
    }
  };
  search('', 1);
  return found.sort();
}
