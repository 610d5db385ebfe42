import { deflateSync } from 'node:zlib';
import type { ChunkKind } from './mish.ts';

/** How the bytes of a new chunk are stored. */
export interface Stored {
  readonly kind: Exclude<ChunkKind, 'zero' | 'ignore'>;
  readonly bytes: Uint8Array;
}

/** Compresses a chunk, or leaves it as it is where that makes it no shorter. @param level of zlib, 1 to 9 */
export function compressChunk(data: Uint8Array, level: number): Stored {
  // One buffer that surely holds the result (zlib's own bound), in place of many that are joined.
  const chunkSize = data.length + (data.length >> 10) + 64;
  const bytes = deflateSync(data, { level, chunkSize });
  return bytes.length < data.length ? { kind: 'zlib', bytes } : { kind: 'raw', bytes: data };
}
