import { createHash } from 'node:crypto';
import { FormatError, type ByteSource } from '../../base/index.ts';
import type { Chunklist } from './read.ts';

export interface CheckOptions {
  /** How many of the file's bytes are hashed. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

const step = 2 ** 20;

/** The SHA-256 of a range, read in steps. */
export async function hashRange(
  source: ByteSource,
  from: number,
  size: number,
  onRead: (bytes: number) => void,
): Promise<Uint8Array> {
  const hash = createHash('sha256');
  for (let done = 0; done < size; done += step) {
    const length = Math.min(step, size - done);
    hash.update(await source.read(from + done, length));
    onRead(length);
  }
  return hash.digest();
}

/** Holds a file against a list, chunk by chunk. @throws FormatError at the first chunk that is another */
export async function checkChunks(
  list: Chunklist,
  file: ByteSource,
  { onProgress, signal }: CheckOptions = {},
): Promise<void> {
  if (file.size !== list.size) {
    throw new FormatError(
      'chunklist',
      `the chunk list is of ${list.size} bytes, and the file has ${file.size}`,
    );
  }
  let [at, done] = [0, 0];
  for (const [index, { size, sha256 }] of list.chunks.entries()) {
    signal?.throwIfAborted();
    const actual = await hashRange(file, at, size, (bytes) => onProgress?.((done += bytes), file.size));
    if (Buffer.compare(actual, sha256) !== 0) {
      const [theirs, ours] = [sha256, actual].map((each) => Buffer.from(each).toString('hex').slice(0, 16));
      throw new FormatError(
        'chunklist',
        `chunk ${index} of ${list.chunks.length} has the SHA-256 ${ours}…, expected ${theirs}…`,
        { offset: at },
      );
    }
    at += size;
  }
}
