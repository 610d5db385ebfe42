import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Failure, type FailureCode } from '#base';

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

/** What a folder is instead of a tree, and which folder to give. */
export function notATree(folder: string, code: FailureCode): Failure {
  const trees = treesIn(folder);
  if (trees.length > 0) {
    return new Failure(code, `the folder is not a tree of Chameleon, but has ${count(trees.length)} in it`, {
      hint: `Give ${trees.length === 1 ? 'the tree' : 'one of the trees'} in it: ${trees.join(', ')}`,
    });
  }
  return new Failure(code, 'the tree has no Make.rules and i386/config, which make its configuration', {
    hint: 'Check that this is the tree of Chameleon as upstream publishes it. Early revisions lack them, and need a Mac.',
  });
}

function count(trees: number): string {
  return trees === 1 ? 'one' : String(trees);
}
