import { deflateByNode, type Deflate } from '../stream/deflate.ts';
import type { ChunkKind } from './mish.ts';

/** How the bytes of a new chunk are stored. */
export interface Stored {
  readonly kind: Exclude<ChunkKind, 'zero' | 'ignore'>;
  readonly bytes: Uint8Array;
}

/** Compresses a chunk, or leaves it as it is where that makes it no shorter. @param level of zlib, 1 to 9 */
export function compressChunk(data: Uint8Array, level: number, deflate: Deflate = deflateByNode): Stored {
  if (isDense(data, deflate)) return { kind: 'raw', bytes: data };
  const bytes = deflate(data, level);
  return bytes.length < data.length ? { kind: 'zlib', bytes } : { kind: 'raw', bytes: data };
}

const probe = 2 ** 14;
const probes = 4;

/**
 * Whether no sample of a large chunk becomes shorter: what is compressed already, as most of an installer is. zlib
 * would take its longest for it, and gain nothing.
 */
function isDense(data: Uint8Array, deflate: Deflate): boolean {
  if (data.length < 8 * probes * probe) return false;
  for (let index = 0; index < probes; index++) {
    const start = Math.floor((data.length / probes) * index);
    if (deflate(data.subarray(start, start + probe), 1).length < probe) return false;
  }
  return true;
}
