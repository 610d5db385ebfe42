import type { ByteSource } from '../../base/index.ts';
import { checkRange } from '../source/index.ts';
import type { Chunk } from './block-table.ts';
import { decodeChunk } from './decode.ts';
import type { Udif } from './udif.ts';

/** How many decoded bytes are kept: at least one chunk, whatever its size. */
const cacheBytes = 16 * 2 ** 20;

/** The disk that tables describe, decoded where it is read. */
export function decodedImage(source: ByteSource, udif: Pick<Udif, 'size' | 'tables'>): ByteSource {
  const chunks = udif.tables.flatMap((table) => table.chunks).sort((a, b) => a.start - b.start);
  const cache = new Map<Chunk, Promise<Uint8Array>>();
  let cached = 0;

  const decoded = (chunk: Chunk): Promise<Uint8Array> => {
    const known = cache.get(chunk);
    // The newest stands last.
    cache.delete(chunk);
    const data = known ?? source.read(chunk.offset, chunk.length).then((bytes) => decodeChunk(chunk, bytes));
    cache.set(chunk, data);
    if (known === undefined) cached += chunk.size;
    for (const old of cache.keys()) {
      if (cached <= cacheBytes || cache.size === 1) break;
      cache.delete(old);
      cached -= old.size;
    }
    return data;
  };

  return {
    size: udif.size,
    async read(offset, length) {
      checkRange({ size: udif.size }, offset, length);
      const output = new Uint8Array(length);
      for (let index = firstAfter(chunks, offset); index < chunks.length; index++) {
        const chunk = chunks[index] as Chunk;
        if (chunk.start >= offset + length) break;
        if (chunk.kind === 'zero' || chunk.kind === 'ignore') continue;
        const from = Math.max(offset, chunk.start);
        const count = Math.min(offset + length, chunk.start + chunk.size) - from;
        const piece =
          chunk.kind === 'raw'
            ? await source.read(chunk.offset + from - chunk.start, count)
            : (await decoded(chunk)).subarray(from - chunk.start, from - chunk.start + count);
        output.set(piece, from - offset);
      }
      return output;
    },
  };
}

/** The index of the first chunk that ends after `offset`. */
function firstAfter(chunks: readonly Chunk[], offset: number): number {
  let low = 0;
  let high = chunks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const chunk = chunks[middle] as Chunk;
    if (chunk.start + chunk.size > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}
