import { createHash, type Hash } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, sha256, uniqueName, type Sha256 } from '../../base/index.ts';
import { packSize, type Chunk, type FramePlace, type Pack } from './disk-index.ts';
import type { DiskView, Scan } from './disk-view.ts';
import type { Known } from './reuse.ts';
import { compress } from './zstd.ts';

export interface MakeOptions {
  /** Where packs lie until they are sent. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
  /** Takes a pack that is full; its file may be removed when the promise has resolved. */
  readonly onPack: (pack: Pack, file: string) => Promise<void>;
  /** Bytes of the view that were compressed. */
  readonly onProgress?: ((bytes: number) => void) | undefined;
}

/** Chunks are compressed so many at a time, by the threads of libuv. */
const atOnce = 4;

/**
 * Packs the chunks of a disk that no pack has yet, in their order: the same disk and the same known frames make the same
 * packs.
 * @returns all chunks of the disk with their places
 * @throws Failure 'file-changed' when a chunk is not what it was in the scan
 */
export async function makePacks(
  view: DiskView,
  scan: Scan,
  known: Known,
  options: MakeOptions,
): Promise<Chunk[]> {
  const places = new Map<Sha256, FramePlace>(known);
  const fresh = new Map<Sha256, number>();
  for (const { number, digest } of scan.chunks)
    if (!places.has(digest) && !fresh.has(digest)) fresh.set(digest, number);
  let current: PackFile | undefined;
  const running: Promise<{ digest: Sha256; bytes: number; frame: Buffer }>[] = [];
  const waiting = fresh.entries();
  const start = async (): Promise<boolean> => {
    const next = waiting.next();
    if (next.done === true) return false;
    const [digest, number] = next.value;
    const bytes = await view.chunk(number);
    if (bytes === undefined || sha256(bytes) !== digest)
      throw new Failure('file-changed', 'the disk changed while it was read', { temporary: true });
    const frame = compress(bytes).then((packed) => ({ digest, bytes: bytes.length, frame: packed }));
    frame.catch(() => undefined);
    running.push(frame);
    return true;
  };
  const finish = async (pack: PackFile): Promise<void> => {
    const done = await pack.close();
    for (const [digest, { offset, length }] of pack.frames)
      places.set(digest, { pack: done, offset, length });
    await options.onPack(done, pack.path);
  };
  try {
    while (running.length < atOnce && (await start()));
    for (let next = running.shift(); next !== undefined; next = running.shift()) {
      options.signal?.throwIfAborted();
      const { digest, bytes, frame } = await next;
      await start();
      if (current !== undefined && current.size + frame.length > packSize) {
        await finish(current);
        current = undefined;
      }
      current ??= await PackFile.open(options.folder);
      await current.add(digest, frame);
      options.onProgress?.(bytes);
    }
    if (current !== undefined) await finish(current);
    current = undefined;
  } finally {
    await current?.discard();
  }
  return scan.chunks.map(({ number, digest }) => {
    const place = places.get(digest);
    if (place === undefined) throw new Error(`the chunk ${number} was not packed`);
    return { number, digest, ...place };
  });
}

/** A pack in the making. */
class PackFile {
  readonly path: string;
  readonly frames = new Map<Sha256, { readonly offset: number; readonly length: number }>();
  size = 0;
  readonly #handle: FileHandle;
  readonly #hash: Hash = createHash('sha256');

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  static async open(folder: string): Promise<PackFile> {
    const path = join(folder, `${uniqueName()}.pack`);
    return new PackFile(path, await open(path, 'wx'));
  }

  async add(digest: Sha256, frame: Buffer): Promise<void> {
    await this.#handle.appendFile(frame);
    this.#hash.update(frame);
    this.frames.set(digest, { offset: this.size, length: frame.length });
    this.size += frame.length;
  }

  /** Leaves the file to who removes the folder. */
  async discard(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
  }

  async close(): Promise<Pack> {
    await this.#handle.close();
    return { digest: `sha256:${this.#hash.digest('hex')}`, size: this.size };
  }
}
