import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findInAnyCase, spelledAs } from './name-case.ts';

/** A file that the configuration names by `source "…"` and that is not there by that name. */
export interface OddSource {
  readonly path: string;
  /** As it is spelled in the tree; undefined when it is not in it. */
  readonly found: string | undefined;
}

/** Every file that a tree's Cconfig reads, as it names them, from the top one on. */
export function cconfigSources(tree: string, path = 'Cconfig', seen = new Set<string>()): string[] {
  const text = readFileSync(join(tree, path), 'latin1');
  const named = [...text.matchAll(/^[ \t]*source[ \t]+"?([^"\s]+)"?/gm)].map(([, name = '']) => name);
  return named.flatMap((name) => {
    if (seen.has(name)) return [];
    seen.add(name);
    const found = spelledAs(tree, name);
    return [name, ...(found === undefined ? [] : cconfigSources(tree, found, seen))];
  });
}

/** Finds the files of a tree's configuration that are not there by the names it has for them; changes nothing. */
export function oddSources(tree: string): OddSource[] {
  return cconfigSources(tree)
    .filter((path) => !existsSync(join(tree, path)))
    .map((path) => ({ path, found: spelledAs(tree, path) }));
}

/**
 * Gives a tree's configuration the files that it reads: those that are there in another case are linked, and where
 * `absent` is `empty`, those that are not there are made empty.
 * @param tree that is written to
 */
export function completeCconfig(tree: string, absent: 'empty' | 'leave'): OddSource[] {
  const odd: OddSource[] = [];
  // What is found may name more.
  for (let before = -1; before < odd.length;) {
    before = odd.length;
    for (const path of cconfigSources(tree)) {
      if (existsSync(join(tree, path)) || odd.some((each) => each.path === path)) continue;
      const found = findInAnyCase(tree, path);
      odd.push({ path, found });
      if (found !== undefined || absent === 'leave') continue;
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      writeFileSync(join(tree, path), '');
    }
  }
  return odd;
}
