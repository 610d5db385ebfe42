import { damaged, ended, takeBits, type BitReader } from './bit-reader.ts';
import { longestCode, newCode, quickBits, readCode } from './huffman.ts';

/** The most that a block's transform holds, at level 9. */
const largestBlock = 900_000;
const groupSize = 50;
const mostSelectors = 2 + largestBlock / groupSize;

/*
 * Used again for every block. Constants of this module, so that the compiler knows where they lie; memory that was never
 * touched costs nothing. Both tables hold a byte of the transform in their low eight bits, and above it where to go on:
 */
/** … to its successor in the text, */
const forward = new Int32Array(largestBlock);
/** … and to its predecessor. */
const backward = new Int32Array(largestBlock);
/** The block's text: what the transform was made of, runs still counted. */
const text = new Uint8Array(largestBlock);
const codes = Array.from({ length: 6 }, newCode);
const selectors = new Uint8Array(mostSelectors);
const recent = new Uint8Array(256);
const counts = new Int32Array(256);

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
  const length = readTransform(bits, alphabet, selectorCount, level * 100_000);
  if (origin >= length) throw damaged(bits, `its text begins at ${origin} of ${length}`);
  invertTransform(length, origin);
  return { text, length, crc32 };
}

/** Which bytes occur: a bit for every 16 of them, then those 16. Puts them into `recent`, in order. */
function readSymbolsUsed(bits: BitReader): number {
  const rows = takeBits(bits, 16);
  let count = 0;
  for (let row = 0; row < 16; row++) {
    if ((rows & (0x8000 >> row)) === 0) continue;
    const used = takeBits(bits, 16);
    for (let column = 0; column < 16; column++) {
      if ((used & (0x8000 >> column)) !== 0) recent[count++] = row * 16 + column;
    }
  }
  return count;
}

/** Which code each group of 50 symbols has: how many others were used since it was. */
function readSelectors(bits: BitReader, groups: number, count: number): void {
  const order = [0, 1, 2, 3, 4, 5];
  for (let index = 0; index < count; index++) {
    let place = 0;
    while (takeBits(bits, 1) === 1) place++;
    if (place >= groups) throw damaged(bits, `a group has code ${place} of ${groups}`);
    const [code = 0] = order.splice(place, 1);
    order.unshift(code);
    // Some writers round their number up: no block needs more than these.
    if (index < mostSelectors) selectors[index] = code;
  }
}

/** Reads the symbols, and from them the last column of the sorted rotations. @returns how many bytes */
function readTransform(bits: BitReader, alphabet: number, selectorCount: number, most: number): number {
  const { view, end } = bits;
  const last = alphabet - 1;
  const quickShift = 32 - quickBits;
  const longest = longestCode;
  let position = bits.position;
  let length = 0;
  let run = 0;
  let weight = 0;
  counts.fill(0);
  // Given the position: a variable that a function closes over is kept in memory.
  const fail = (at: number, message: string): never => {
    bits.position = Math.min(at, end);
    throw damaged(bits, message);
  };
  for (let group = 0; group < Math.min(selectorCount, mostSelectors); group++) {
    const { quick, limit, offset, symbols } = codes[selectors[group] ?? 0] ?? newCode();
    for (let index = 0; index < groupSize; index++) {
      const word = view.getInt32(position >> 3) << (position & 7);
      const found = quick[word >>> quickShift] ?? 0;
      let symbol = found & 0xffff;
      if (found !== 0) position += found >> 16;
      else {
        const code = word >>> (32 - longest);
        let size = 33 - quickShift;
        while (code >= (limit[size] ?? 0)) size++;
        if (size > longest) fail(position, 'has bits that are not a code');
        symbol = symbols[(code >>> (longest - size)) + (offset[size] ?? 0)] ?? 0;
        position += size;
      }
      if (symbol < 2) {
        // The digits, 1 and 2, of how often the byte before comes again.
        run += (symbol + 1) << weight;
        if (++weight > 20 || length + run > most) fail(position, `a block holds more than ${most} bytes`);
        continue;
      }
      if (run > 0) {
        const byte = recent[0] ?? 0;
        counts[byte] = (counts[byte] ?? 0) + run;
        const stop = length + run;
        if (run < 32) while (length < stop) forward[length++] = byte;
        else {
          forward.fill(byte, length, stop);
          length = stop;
        }
        run = 0;
        weight = 0;
      }
      if (symbol === last) {
        bits.position = position;
        if (position > end) throw ended(bits);
        return length;
      }
      const place = symbol - 1;
      const byte = recent[place] ?? 0;
      if (place < 32) for (let each = place; each > 0; each--) recent[each] = recent[each - 1] ?? 0;
      else recent.copyWithin(1, 0, place);
      recent[0] = byte;
      if (length >= most) fail(position, `a block holds more than ${most} bytes`);
      counts[byte] = (counts[byte] ?? 0) + 1;
      forward[length++] = byte;
    }
    if (position > end) throw ended(bits);
  }
  return fail(position, 'has more symbols than groups');
}

/**
 * Undoes the Burrows-Wheeler transform. Each step waits for memory that no cache holds, so two go at once: from the
 * text's beginning, and from its end backwards.
 */
function invertTransform(length: number, origin: number): void {
  let sum = 0;
  for (let byte = 0; byte < 256; byte++) {
    const count = counts[byte] ?? 0;
    counts[byte] = sum;
    sum += count;
  }
  for (let row = 0; row < length; row++) {
    const byte = (forward[row] ?? 0) & 0xff;
    const sorted = counts[byte] ?? 0;
    counts[byte] = sorted + 1;
    forward[sorted] = (forward[sorted] ?? 0) | (row << 8);
    backward[row] = (sorted << 8) | byte;
  }
  let next = (forward[origin] ?? 0) >>> 8;
  let previous = origin;
  for (let from = 0, to = length - 1; from <= to; from++, to--) {
    const ahead = forward[next] ?? 0;
    const behind = backward[previous] ?? 0;
    text[from] = ahead;
    text[to] = behind;
    next = ahead >>> 8;
    previous = behind >>> 8;
  }
}
