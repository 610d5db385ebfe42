import { closeSync, openSync, readSync } from 'node:fs';
import { inflateInto, newScratch } from '../../src/formats/udif/inflate.ts';
import { openImage } from '../../src/image/open/open-image.ts';
import { startWorkerPool } from '../../src/threads/worker-pool.ts';

/** A zlib chunk of an image, in bytes of its file; `size` of what it decodes to. */
export interface ZlibChunk {
  readonly offset: number;
  readonly length: number;
  readonly size: number;
}

export async function zlibChunks(path: string): Promise<ZlibChunk[]> {
  const image = await openImage(path);
  try {
    return image.tables.flatMap(({ chunks }) =>
      chunks
        .filter(({ kind }) => kind === 'zlib')
        .map(({ offset, length, size }) => ({ offset, length, size })),
    );
  } finally {
    await image.close();
  }
}

/** What one thread inflated, and how long it took: in bytes and nanoseconds. */
export interface Inflated {
  readonly bytes: number;
  readonly taken: number;
}

/** Inflates chunks one after another into memory that is used again; reading them is not in the time. */
export function inflateChunks(path: string, chunks: readonly ZlibChunk[]): Inflated {
  const file = openSync(path, 'r');
  const scratch = newScratch();
  let [bytes, taken] = [0, 0n];
  for (const { offset, length, size } of chunks) {
    const data = Buffer.alloc(length);
    readSync(file, data, 0, length, offset);
    const start = process.hrtime.bigint();
    bytes += inflateInto(data, size, scratch).length;
    taken += process.hrtime.bigint() - start;
  }
  closeSync(file);
  return { bytes, taken: Number(taken) };
}

/**
 * How fast Node's inflate is with the image's own chunks when so many threads do it at once, an eighth of the chunks each.
 * @returns of one of the threads, in bytes a second
 */
export async function inflateSpeed(path: string, threads: number): Promise<number> {
  const chunks = await zlibChunks(path);
  const share = (thread: number): ZlibChunk[] => chunks.filter((_, index) => index % 8 === thread);
  if (threads === 1) return speedOf([inflateChunks(path, share(0))]);
  const pool = startWorkerPool<{ path: string; chunks: ZlibChunk[] }, Inflated>(
    new URL('./inflate-worker.ts', import.meta.url),
    threads,
    undefined,
  );
  try {
    const jobs = Array.from({ length: threads }, (_, thread) => pool.run({ path, chunks: share(thread) }));
    return speedOf(await Promise.all(jobs));
  } finally {
    await pool.close();
  }
}

function speedOf(all: readonly Inflated[]): number {
  const bytes = all.reduce((sum, each) => sum + each.bytes, 0);
  return bytes / (all.reduce((sum, each) => sum + each.taken, 0) / 1e9);
}
