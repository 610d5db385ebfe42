import { deflateSync } from 'node:zlib';

/** Makes a zlib stream (RFC 1950). @param level of zlib, 1 to 9 */
export type Deflate = (data: Uint8Array, level: number) => Uint8Array;

/** By the zlib that Node was built with: fast, and another build may make other bytes of the same. */
export const deflateByNode: Deflate = (data, level) =>
  // One buffer that surely holds the result (zlib's own bound), in place of many that are joined.
  deflateSync(data, { level, chunkSize: data.length + (data.length >> 10) + 64 });
