import PQueue from 'p-queue';
import { Failure, sha256 } from '../../base/index.ts';
import { readBlob, type Range } from '../remote/blobs.ts';
import type { Remote } from '../remote/remote.ts';
import { chunkLength, type Chunk, type Pack } from './disk-index.ts';
import { expand } from './zstd.ts';

/** Frames that are wanted of a pack in one request. */
export interface Run extends Range {
  readonly pack: Pack;
  /** By offset, ascending; several chunks may have one frame. */
  readonly chunks: readonly Chunk[];
}

/** In bytes: what lies between two frames is read over rather than asked around. */
const smallGap = 256 << 10;
/** From this part of a pack on all of it is asked for. */
const most = 0.7;

/** Which ranges of which packs have the chunks, as few requests as are worth it. */
export function planRuns(chunks: readonly Chunk[]): Run[] {
  const byPack = new Map<string, Chunk[]>();
  for (const chunk of chunks) {
    const list = byPack.get(chunk.pack.digest) ?? [];
    list.push(chunk);
    byPack.set(chunk.pack.digest, list);
  }
  return [...byPack.values()].flatMap((list) => {
    list.sort((a, b) => a.offset - b.offset);
    const runs: { start: number; end: number; chunks: Chunk[]; pack: Pack }[] = [];
    for (const chunk of list) {
      const run = runs.at(-1);
      const end = chunk.offset + chunk.length;
      if (run !== undefined && chunk.offset <= run.end + smallGap) {
        run.end = Math.max(run.end, end);
        run.chunks.push(chunk);
      } else runs.push({ start: chunk.offset, end, chunks: [chunk], pack: chunk.pack });
    }
    const [first] = runs;
    const wanted = runs.reduce((sum, { start, end }) => sum + end - start, 0);
    if (first === undefined || wanted < most * first.pack.size) return runs;
    return [{ pack: first.pack, start: 0, end: first.pack.size, chunks: list }];
  });
}

export interface FetchOptions {
  readonly signal?: AbortSignal | undefined;
  /** Bytes that came. */
  readonly onReceived?: ((bytes: number) => void) | undefined;
}

/** Requests at a time. */
const atOnce = 4;

/**
 * Fetches chunks, each checked by its digest before it is given on.
 * @param size of the disk, in bytes
 * @param take is given each chunk once, in no order, at most four at a time
 * @throws Failure 'digest-mismatch' when a registry gives other bytes
 */
export async function fetchChunks(
  remote: Remote,
  chunks: readonly Chunk[],
  size: number,
  take: (chunk: Chunk, bytes: Buffer) => Promise<void>,
  options: FetchOptions = {},
): Promise<void> {
  const queue = new PQueue({ concurrency: atOnce });
  const failed = new AbortController();
  const runs = planRuns(chunks).map((run) =>
    queue.add(async () => {
      if (failed.signal.aborted) return;
      await fetchRun(remote, run, size, take, options, failed.signal).catch((error: unknown) => {
        failed.abort();
        throw error;
      });
    }),
  );
  const ends = await Promise.allSettled(runs);
  const fault = ends.find((end) => end.status === 'rejected');
  if (fault !== undefined) throw fault.reason as Error;
}

/** An attempt that broke off is followed by one from the first frame that has not come. */
async function fetchRun(
  remote: Remote,
  run: Run,
  size: number,
  take: (chunk: Chunk, bytes: Buffer) => Promise<void>,
  { signal, onReceived }: FetchOptions,
  stopped: AbortSignal,
): Promise<void> {
  let next = 0;
  await remote.attempt(async () => {
    const left = run.chunks.slice(next);
    const [first] = left;
    if (first === undefined) return;
    const range = { start: next === 0 ? run.start : first.offset, end: run.end };
    const source = readBlob(remote, run.pack.digest, range, run.pack.size);
    const frames = new Frames(source, range.start, onReceived);
    try {
      for (const chunk of left) {
        signal?.throwIfAborted();
        if (stopped.aborted) return;
        const frame = await frames.take(chunk.offset, chunk.length);
        const bytes = await expand(frame, chunkLength(size, chunk.number));
        if (sha256(bytes) !== chunk.digest)
          throw new Failure(
            'digest-mismatch',
            `${remote.repository.host} gives other bytes than the index names, in ${run.pack.digest}`,
          );
        await take(chunk, bytes);
        next += 1;
      }
    } finally {
      await source.return(undefined);
    }
  });
}

/** Takes frames out of a stream of a pack's bytes, in their order. */
class Frames {
  readonly #source: AsyncGenerator<Buffer>;
  readonly #onReceived: ((bytes: number) => void) | undefined;
  /** Pieces that were read and are not given yet, and where in the pack they begin. */
  #held: Buffer[] = [];
  #at: number;
  #size = 0;
  #last: { readonly offset: number; readonly frame: Buffer } | undefined;

  constructor(source: AsyncGenerator<Buffer>, start: number, onReceived?: (bytes: number) => void) {
    this.#source = source;
    this.#at = start;
    this.#onReceived = onReceived;
  }

  async take(offset: number, length: number): Promise<Buffer> {
    // Two chunks of a disk may be the same.
    if (this.#last?.offset === offset && this.#last.frame.length === length) return this.#last.frame;
    if (offset < this.#at) throw new Failure('bad-manifest', 'two chunks of a disk overlap in a pack');
    while (this.#at + this.#size < offset + length) {
      const next: IteratorResult<Buffer, unknown> = await this.#source.next();
      if (next.done === true) throw new Failure('fetch-failed', 'a pack ended early', { temporary: true });
      const { value } = next;
      this.#onReceived?.(value.length);
      this.#held.push(value);
      this.#size += value.length;
      this.#dropUpTo(offset);
    }
    this.#dropUpTo(offset);
    const all = this.#held.length === 1 ? (this.#held[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#held);
    const frame = all.subarray(0, length);
    this.#held = [all.subarray(length)];
    this.#at = offset + length;
    this.#size = all.length - length;
    this.#last = { offset, frame };
    return frame;
  }

  #dropUpTo(offset: number): void {
    for (let first = this.#held[0]; first !== undefined && this.#at < offset; first = this.#held[0]) {
      const part = Math.min(first.length, offset - this.#at);
      this.#at += part;
      this.#size -= part;
      if (part === first.length) this.#held.shift();
      else this.#held[0] = first.subarray(part);
    }
  }
}
