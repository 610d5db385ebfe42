import type { Block } from './block.ts';

/*
 * The first of bzip2's steps: after four bytes that are alike comes how often they come again, 0 to 255.
 */

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
 * @returns where it ends in the output; undefined when the output is too short
 */
export function expand({ text, length }: Block, output: Uint8Array, from: number): number | undefined {
  const size = output.length;
  let to = from;
  let alike = 0;
  let last = -1;
  for (let index = 0; index < length; index++) {
    const byte = text[index] ?? 0;
    if (to >= size) return undefined;
    output[to++] = byte;
    // alike = byte === last ? alike + 1 : 1, without a branch that nobody can foresee.
    alike = ((((byte ^ last) - 1) >> 31) & alike) + 1;
    last = byte;
    if (alike < 4) continue;
    if (++index === length) break;
    const stop = to + (text[index] ?? 0);
    if (stop > size) return undefined;
    while (to < stop) output[to++] = byte;
    alike = 0;
  }
  return to;
}
