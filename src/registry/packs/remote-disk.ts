import type { ByteSource } from '../../base/index.ts';
import { checkRange } from '../../formats/source/index.ts';
import type { Remote } from '../remote/remote.ts';
import { chunkLength, chunkSize, type Chunk, type DiskIndex } from './disk-index.ts';
import { fetchChunks, type FetchOptions } from './fetch-chunks.ts';

/** Chunks that are kept, by their digests: MiB. */
const kept = 64;

/** Chunks that were fetched, of one disk or of several that share them. */
export class ChunkCache {
  readonly #chunks = new Map<string, Promise<Buffer>>();

  get(digest: string, fetch: () => Promise<Buffer>): Promise<Buffer> {
    const found = this.#chunks.get(digest) ?? fetch();
    this.#chunks.delete(digest);
    this.#chunks.set(digest, found);
    // One that could not be fetched is asked for again.
    found.catch(() => this.#chunks.delete(digest));
    const [oldest] = this.#chunks.keys();
    if (this.#chunks.size > kept && oldest !== undefined) this.#chunks.delete(oldest);
    return found;
  }
}

/** A disk in a registry as a source: a chunk is fetched when a byte of it is read. */
export function remoteDisk(
  remote: Remote,
  { size, chunks }: DiskIndex,
  cache: ChunkCache,
  options: FetchOptions = {},
): ByteSource {
  const byNumber = new Map(chunks.map((chunk) => [chunk.number, chunk]));
  const bytesOf = (chunk: Chunk): Promise<Buffer> =>
    cache.get(chunk.digest, async () => {
      let bytes: Buffer | undefined;
      await fetchChunks(remote, [chunk], size, (_, given) => Promise.resolve(void (bytes = given)), options);
      return bytes ?? Buffer.alloc(0);
    });
  return {
    size,
    async read(offset, length) {
      checkRange({ size }, offset, length);
      const target = Buffer.alloc(length);
      await Promise.all(
        pieces(offset, length).map(async ({ number, start, end }) => {
          const chunk = byNumber.get(number);
          if (chunk === undefined) return;
          const bytes = await bytesOf(chunk);
          bytes.copy(target, number * chunkSize + start - offset, start, end);
        }),
      );
      return target;
    },
    place: (offset, length) =>
      pieces(offset, length)
        .map(({ number, start, end }) => {
          const chunk = byNumber.get(number);
          if (chunk === undefined) return `0:${end - start}`;
          return start === 0 && end === chunkLength(size, number)
            ? chunk.digest
            : `${chunk.digest}:${start}-${end}`;
        })
        .join(' '),
  };
}

/** The parts of chunks that a range covers, with their offsets in them. */
function pieces(
  offset: number,
  length: number,
): { readonly number: number; readonly start: number; readonly end: number }[] {
  if (length === 0) return [];
  const first = Math.floor(offset / chunkSize);
  const last = Math.floor((offset + length - 1) / chunkSize);
  return Array.from({ length: last - first + 1 }, (_, index) => {
    const number = first + index;
    const begin = number * chunkSize;
    return {
      number,
      start: Math.max(0, offset - begin),
      end: Math.min(chunkSize, offset + length - begin),
    };
  });
}
