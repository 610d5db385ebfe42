import { damaged, takeBits, type BitReader } from './bit-reader.ts';
import { newCode, readCode } from './huffman.ts';
import { groupSize, largestBlock, transform } from './transform.ts';

const mostSelectors = 2 + largestBlock / groupSize;

/* Used again for every block. */
const codes = Array.from({ length: 6 }, newCode);
const selectors = new Uint8Array(mostSelectors);
const order = new Uint8Array(6);

/** A block, until the next one is read. */
export interface Block {
  readonly text: Uint8Array;
  /** How many bytes of the text are the block's. */
  readonly length: number;
  /** As the block says it. */
  readonly crc32: number;
}

/**
 * Reads the block that begins behind its magic number.
 * @param level of the stream, 1 to 9: a block holds 100,000 bytes as often
 * @returns its text, in which runs are still counted
 */
export function readBlock(bits: BitReader, level: number): Block {
  const crc32 = (takeBits(bits, 16) << 16) | takeBits(bits, 16);
  if (takeBits(bits, 1) === 1) throw damaged(bits, 'is of bzip2 0.9.0, whose randomized blocks are not read');
  const origin = takeBits(bits, 24);
  const alphabet = readSymbolsUsed(bits) + 2;
  const groups = takeBits(bits, 3);
  const selectorCount = takeBits(bits, 15);
  if (alphabet < 3 || groups < 2 || groups > 6 || selectorCount < 1) {
    throw damaged(
      bits,
      `a block of ${alphabet - 2} symbols, ${groups} codes, ${selectorCount} groups is not valid`,
    );
  }
  readSelectors(bits, groups, selectorCount);
  for (const code of codes.slice(0, groups)) readCode(bits, alphabet, code);
  const used = selectors.subarray(0, Math.min(selectorCount, mostSelectors));
  const length = transform.read(bits, { alphabet, codes, selectors: used }, level * 100_000);
  if (origin >= length) throw damaged(bits, `its text begins at ${origin} of ${length}`);
  transform.invert(length, origin);
  return { text: transform.text, length, crc32 };
}

/** Which bytes occur: a bit for every 16 of them, then those 16. The transform gets them, in order. */
function readSymbolsUsed(bits: BitReader): number {
  const rows = takeBits(bits, 16);
  let count = 0;
  for (let row = 0; row < 16; row++) {
    if ((rows & (0x8000 >> row)) === 0) continue;
    const used = takeBits(bits, 16);
    for (let column = 0; column < 16; column++) {
      if ((used & (0x8000 >> column)) !== 0) transform.recent[count++] = row * 16 + column;
    }
  }
  return count;
}

/** Which code each group of 50 symbols has: how many others were used since it was. */
function readSelectors(bits: BitReader, groups: number, count: number): void {
  for (let code = 0; code < groups; code++) order[code] = code;
  for (let index = 0; index < count; index++) {
    let place = 0;
    while (takeBits(bits, 1) === 1) place++;
    if (place >= groups) throw damaged(bits, `a group has code ${place} of ${groups}`);
    const code = order[place] ?? 0;
    for (; place > 0; place--) order[place] = order[place - 1] ?? 0;
    order[0] = code;
    // Some writers round their number up: no block needs more than these.
    if (index < mostSelectors) selectors[index] = code;
  }
}
