import type { Sha256 } from '../base/index.ts';
import { openFile } from '../image/index.ts';
import { locateDifference, type Difference } from './locate.ts';

/** An entry of an output, wherever its bytes lie. Paths with "/"; that of a single file is its own. */
export type TreeEntry =
  | TreeFile
  | { readonly type: 'directory'; readonly path: string }
  | { readonly type: 'symlink'; readonly path: string; readonly target: string };

export interface TreeFile {
  readonly type: 'file';
  readonly path: string;
  readonly executable: boolean;
  readonly digest: Sha256;
  /** Where it can be read, absolute. */
  readonly file: string;
}

/** One entry that is not the same in both, a sentence about it, and for files of other bytes where. */
export interface FileDifference {
  readonly path: string;
  readonly what: string;
  /** Of both, for files whose bytes differ. */
  readonly files?: { readonly stored: string; readonly rebuilt: string };
  readonly difference?: Difference;
}

/**
 * What differs between two outputs, by path; the place within a file is looked for in the first `most` of them.
 * Digests decide: what has the same one is not read.
 */
export async function compareTrees(
  stored: readonly TreeEntry[],
  rebuilt: readonly TreeEntry[],
  most: number,
): Promise<FileDifference[]> {
  const theirs = new Map(rebuilt.map((entry) => [entry.path, entry]));
  const found: FileDifference[] = [];
  let located = 0;
  for (const entry of stored) {
    const other = theirs.get(entry.path);
    theirs.delete(entry.path);
    const difference = other === undefined ? 'is only in the stored one' : entryDifference(entry, other);
    if (difference !== undefined) found.push({ path: entry.path, what: difference });
    if (entry.type !== 'file' || other?.type !== 'file' || entry.digest === other.digest) continue;
    const files = { stored: entry.file, rebuilt: other.file };
    located += 1;
    const where = located <= most ? await locate(files) : undefined;
    const what = 'other bytes';
    found.push({ path: entry.path, what, files, ...(where === undefined ? {} : { difference: where }) });
  }
  for (const { path } of theirs.values()) found.push({ path, what: 'is only in the rebuilt one' });
  return found;
}

/** Of all but bytes. */
function entryDifference(stored: TreeEntry, rebuilt: TreeEntry): string | undefined {
  if (stored.type !== rebuilt.type) return `is a ${stored.type}, rebuilt a ${rebuilt.type}`;
  if (stored.type === 'symlink' && rebuilt.type === 'symlink' && stored.target !== rebuilt.target)
    return `points to ${stored.target}, rebuilt to ${rebuilt.target}`;
  if (stored.type === 'file' && rebuilt.type === 'file' && stored.executable !== rebuilt.executable)
    return stored.executable ? 'is executable, rebuilt not' : 'is not executable, rebuilt it is';
  return undefined;
}

async function locate(files: { stored: string; rebuilt: string }): Promise<Difference | undefined> {
  const stored = await openFile(files.stored);
  const rebuilt = await openFile(files.rebuilt);
  try {
    return await locateDifference(stored, rebuilt);
  } finally {
    await stored.close();
    await rebuilt.close();
  }
}
