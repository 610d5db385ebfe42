import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { findInAnyCase } from './name-case.ts';

/** What the compiler is told of a source: its file, and where it looks for what that includes, in this order. */
export interface SourceFile {
  readonly file: string;
  readonly folders: readonly string[];
}

/** A file that is included by a name in another case than it has. */
export interface OddInclude {
  readonly name: string;
  readonly found: string;
}

/**
 * Links every file that sources and their headers include by a name in another case than it has, as a Mac would find it.
 * @param tree that is written to
 */
export function linkIncludes(tree: string, sources: readonly SourceFile[]): OddInclude[] {
  const odd = new Map<string, OddInclude>();
  const seen = new Set<string>();
  const pending = [...sources];
  for (let one = pending.pop(); one !== undefined; one = pending.pop()) {
    const { file, folders } = one;
    const key = [file, ...folders].join('\0');
    if (seen.has(key) || !existsSync(file)) continue;
    seen.add(key);
    for (const { name, quoted } of includesOf(file)) {
      const places = quoted ? [dirname(file), ...folders] : folders;
      let place = places.find((each) => existsSync(join(each, name)));
      if (place === undefined) {
        place = places.find((each) => {
          const found = isWithin(tree, each) ? findInAnyCase(each, name) : undefined;
          if (found !== undefined) odd.set(name, { name, found: relative(tree, join(each, found)) });
          return found !== undefined;
        });
      }
      if (place !== undefined) pending.push({ file: join(place, name), folders });
    }
  }
  return [...odd.values()];
}

function includesOf(file: string): { readonly name: string; readonly quoted: boolean }[] {
  const text = readFileSync(file, 'latin1');
  return [...text.matchAll(/^[ \t]*#[ \t]*(?:include|import)[ \t]*(?:"([^"\n]+)"|<([^>\n]+)>)/gm)].map(
    ([, quoted, other = '']) => ({ name: quoted ?? other, quoted: quoted !== undefined }),
  );
}

function isWithin(tree: string, folder: string): boolean {
  return !relative(tree, folder).startsWith('..');
}
