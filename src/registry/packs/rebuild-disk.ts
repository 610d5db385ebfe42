import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { sha256 } from '../../base/index.ts';
import { canonicalQcow2 } from '../../formats/qcow2/index.ts';
import { writeAll } from '../../image/write-all.ts';
import type { Remote } from '../remote/remote.ts';
import { chunkLength, chunkSize, type Chunk, type DiskIndex } from './disk-index.ts';
import type { DiskView } from './disk-view.ts';
import { fetchChunks, type FetchOptions } from './fetch-chunks.ts';

export interface RebuildOptions extends FetchOptions {
  /** An older version, of which every chunk is taken that is the same. */
  readonly seed?: DiskView | undefined;
  /** Bytes of the disk that are there. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Where a disk's chunks lie in its file, and what else the file has. */
export interface FileForm {
  /** In bytes. */
  readonly size: number;
  readonly placeOf: (chunk: number) => number;
  readonly tables: Buffer | undefined;
}

export function fileForm({ view, size, chunks }: DiskIndex): FileForm {
  if (view === 'file') return { size, placeOf: (chunk) => chunk * chunkSize, tables: undefined };
  const canonical = canonicalQcow2(
    size,
    chunks.map(({ number }) => number),
  );
  return {
    size: canonical.size,
    tables: canonical.tables,
    placeOf: (chunk) => canonical.placeOf(chunk) ?? 0,
  };
}

/**
 * Makes a disk's file, or finishes one that was begun: what is there already is checked and kept, then the seed is asked,
 * and what is left is fetched. Zeros are holes.
 * @returns bytes of chunks that came from the registry, before they were compressed
 */
export async function rebuildDisk(
  remote: Remote,
  disk: DiskIndex,
  path: string,
  { seed, onProgress, ...options }: RebuildOptions = {},
): Promise<number> {
  const form = fileForm(disk);
  const file = await open(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o644);
  try {
    const { size: before } = await file.stat();
    await file.truncate(form.size);
    if (form.tables !== undefined) await writeAll(file, form.tables, 0);
    const missing: Chunk[] = [];
    const total = disk.chunks.reduce((sum, { number }) => sum + chunkLength(disk.size, number), 0);
    let done = 0;
    const isDone = (chunk: Chunk): void =>
      onProgress?.((done += chunkLength(disk.size, chunk.number)), total);
    for (const chunk of disk.chunks) {
      options.signal?.throwIfAborted();
      const place = form.placeOf(chunk.number);
      const length = chunkLength(disk.size, chunk.number);
      if (place + length <= before && (await isThere(file, place, length, chunk))) isDone(chunk);
      else if (await fromSeed(seed, disk, chunk, (bytes) => writeAll(file, bytes, place))) isDone(chunk);
      else missing.push(chunk);
    }
    await fetchChunks(
      remote,
      missing,
      disk.size,
      async (chunk, bytes) => {
        await writeAll(file, bytes, form.placeOf(chunk.number));
        isDone(chunk);
      },
      options,
    );
    await file.sync();
    return missing.reduce((sum, { number }) => sum + chunkLength(disk.size, number), 0);
  } finally {
    await file.close();
  }
}

async function isThere(file: FileHandle, place: number, length: number, { digest }: Chunk): Promise<boolean> {
  const bytes = Buffer.allocUnsafe(length);
  const { bytesRead } = await file.read(bytes, 0, length, place);
  return bytesRead === length && sha256(bytes) === digest;
}

async function fromSeed(
  seed: DiskView | undefined,
  { size }: DiskIndex,
  { number, digest }: Chunk,
  take: (bytes: Buffer) => Promise<void>,
): Promise<boolean> {
  if (seed === undefined || number * chunkSize + chunkLength(size, number) > seed.size) return false;
  const bytes = await seed.chunk(number);
  if (bytes?.length !== chunkLength(size, number) || sha256(bytes) !== digest) return false;
  await take(bytes);
  return true;
}
