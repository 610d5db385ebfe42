import { lstat, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { sha256 } from '../base/index.ts';
import type { Store } from './layout.ts';
import { temporaryPath } from './sessions/temporary.ts';

/**
 * Writes a small file of the store whole or not at all: it appears by rename after fsync. Who has no session open may find
 * the file gone before that, taken for a stray by `gc`: it is then written again.
 */
export async function writeWhole(store: Store, path: string, text: string): Promise<void> {
  for (let left = 2; ; left--) {
    try {
      await writeOnce(store, path, text);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || left === 0) throw error;
    }
  }
}

async function writeOnce(store: Store, path: string, text: string): Promise<void> {
  const work = temporaryPath(store, 'file');
  const file = await open(work, 'wx');
  try {
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await moveInto(work, path);
  } finally {
    await rm(work, { force: true });
  }
}

/** Renames a file to its place in the store, and takes away what cannot be there: a file for a folder or the reverse. */
export async function moveInto(work: string, path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await rename(work, path);
  } catch (error) {
    if (!obstacle.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    const above = await lstat(dirname(path)).catch(() => undefined);
    await rm(above?.isDirectory() === true ? path : dirname(path), { recursive: true, force: true });
    await mkdir(dirname(path), { recursive: true });
    await rename(work, path);
  }
}

const obstacle = new Set(['EEXIST', 'ENOTDIR', 'EISDIR', 'ENOTEMPTY']);

const mark = ',"sum":"';

/** JSON text of an object with the SHA-256 of that text as its last member, "sum": damage to it is noticed. */
export function withSum(json: string): string {
  return `${json.slice(0, -1)}${mark}${sha256(json)}"}`;
}

/**
 * The value that `withSum` has protected.
 * @returns undefined when it is damaged; the value itself when it has no sum and `unsummed` allows that
 */
export function readSummed(text: string, unsummed: 'refuse' | 'allow' = 'refuse'): unknown {
  const cut = text.length - 66 - mark.length;
  const summed = text.startsWith(mark, cut);
  if (!summed && unsummed === 'refuse') return undefined;
  const json = summed ? `${text.slice(0, cut)}}` : text;
  if (summed && sha256(json) !== text.slice(cut + mark.length, -2)) return undefined;
  try {
    return JSON.parse(json) as unknown;
  } catch {
    return undefined;
  }
}
