import type { Block } from './block.ts';

/*
 * The first of bzip2's steps: after four bytes that are alike comes how often they come again, 0 to 255.
 */

/** The CRC-32 of bzip2: zlib's polynomial, the highest bit of each byte first. */
const crcTable = Int32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte << 24;
  for (let bit = 0; bit < 8; bit++) sum = sum < 0 ? (sum << 1) ^ 0x04c11db7 : sum << 1;
  return sum;
});

/** How many bytes a block's text stands for. */
export function expandedSize({ text, length }: Block): number {
  let size = 0;
  let alike = 0;
  let last = -1;
  for (const byte of text.subarray(0, length)) {
    if (alike === 4) {
      size += byte;
      alike = 0;
      last = -1;
      continue;
    }
    size++;
    alike = byte === last ? alike + 1 : 1;
    last = byte;
  }
  return size;
}

/**
 * Writes what a text stands for.
 * @returns where it ends in the output, and its CRC-32; undefined when the output is too short
 */
export function expand(
  { text, length }: Block,
  output: Uint8Array,
  from: number,
): { readonly end: number; readonly crc32: number } | undefined {
  const size = output.length;
  let to = from;
  let sum = -1;
  let alike = 0;
  let last = -1;
  for (let index = 0; index < length; index++) {
    const byte = text[index] ?? 0;
    if (alike === 4) {
      if (to + byte > size) return undefined;
      for (let count = byte; count > 0; count--) {
        output[to++] = last;
        sum = (sum << 8) ^ (crcTable[(sum >>> 24) ^ last] ?? 0);
      }
      alike = 0;
      last = -1;
      continue;
    }
    if (to >= size) return undefined;
    output[to++] = byte;
    sum = (sum << 8) ^ (crcTable[(sum >>> 24) ^ byte] ?? 0);
    alike = byte === last ? alike + 1 : 1;
    last = byte;
  }
  return { end: to, crc32: ~sum };
}
