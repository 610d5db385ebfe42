import { deflateSync } from 'node:zlib';
import type { ChunkKind } from './mish.ts';

/** How the bytes of a new chunk are stored. */
export interface Stored {
  readonly kind: Exclude<ChunkKind, 'zero' | 'ignore'>;
  readonly bytes: Uint8Array;
}

/** Compresses a chunk, or leaves it as it is where that makes it no shorter. @param level of zlib, 1 to 9 */
export function compressChunk(data: Uint8Array, level: number): Stored {
  if (isDense(data)) return { kind: 'raw', bytes: data };
  // One buffer that surely holds the result (zlib's own bound), in place of many that are joined.
  const chunkSize = data.length + (data.length >> 10) + 64;
  const bytes = deflateSync(data, { level, chunkSize });
  return bytes.length < data.length ? { kind: 'zlib', bytes } : { kind: 'raw', bytes: data };
}

const probe = 2 ** 14;
const probes = 4;

/**
 * Whether no sample of a large chunk becomes shorter: what is compressed already, as most of an installer is. zlib
 * would take its longest for it, and gain nothing.
 */
function isDense(data: Uint8Array): boolean {
  if (data.length < 8 * probes * probe) return false;
  for (let index = 0; index < probes; index++) {
    const start = Math.floor((data.length / probes) * index);
    const packed = deflateSync(data.subarray(start, start + probe), { level: 1, chunkSize: 2 * probe });
    if (packed.length < probe) return false;
  }
  return true;
}
