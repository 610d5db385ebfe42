import { damaged, ended, type BitReader } from './bit-reader.ts';
import { longestCode, newCode, quickBits, type Code } from './huffman.ts';

/** The most that a block's transform holds, at level 9. */
export const largestBlock = 900_000;
/** So many symbols after each other have one code. */
export const groupSize = 50;

/** How a block's symbols are written. */
interface Symbols {
  /** How many there are. */
  readonly alphabet: number;
  readonly codes: readonly Code[];
  /** By group of symbols: which code it has. */
  readonly selectors: Uint8Array;
}

/** A block's transform; its memory is used again for every block. */
interface Transform {
  /** The bytes that occur, in order, before the transform is read. */
  readonly recent: Uint8Array;
  /** What the transform was made of, once it is undone. */
  readonly text: Uint8Array;
  /**
   * Reads the symbols, and from them the last column of the sorted rotations.
   * @param most how many bytes it may have
   * @returns how many it has
   */
  read(bits: BitReader, symbols: Symbols, most: number): number;
  /**
   * Undoes the Burrows-Wheeler transform.
   * @param origin the text's rotation, less than `length`
   */
  invert(length: number, origin: number): void;
}

export const transform = newTransform();

/**
 * The memory is a function's own, since the compiler relies on where constants lie: those of a module are variables once it is in
 * a bundle, and all of this takes 1.3 times the time. What was never touched of it costs nothing.
 */
function newTransform(): Transform {
  /** The transform: the last column of the sorted rotations. */
  const column = new Uint8Array(largestBlock);
  /** By rotation: the next byte of the text in the low eight bits, and above it the rotation that goes on from there. */
  const forward = new Int32Array(largestBlock);
  /** The same towards the text's beginning. */
  const backward = new Int32Array(largestBlock);
  /** The block's text: what the transform was made of, runs still counted. */
  const text = new Uint8Array(largestBlock);
  /** The one that was used last first. Four of them are a word, the first in its low bits. */
  const recent = new Uint8Array(256);
  const recentWords = new Int32Array(recent.buffer);
  const counts = new Int32Array(256);

  function read(bits: BitReader, { alphabet, codes, selectors }: Symbols, most: number): number {
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
    for (let group = 0; group < selectors.length; group++) {
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
          if (run < 32) while (length < stop) column[length++] = byte;
          else {
            column.fill(byte, length, stop);
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
        const byte = moveToFront(symbol - 1);
        if (length >= most) fail(position, `a block holds more than ${most} bytes`);
        counts[byte] = (counts[byte] ?? 0) + 1;
        column[length++] = byte;
      }
      if (position > end) throw ended(bits);
    }
    return fail(position, 'has more symbols than groups');
  }

  /** Moves the byte at a place, 0 to 255, to the front: those before it one on, a word at a time. @returns the byte */
  function moveToFront(place: number): number {
    const last = place >> 2;
    const shift = (place & 3) << 3;
    const held = recentWords[last] ?? 0;
    const byte = (held >>> shift) & 0xff;
    let carried = byte;
    for (let word = 0; word < last; word++) {
      const four = recentWords[word] ?? 0;
      recentWords[word] = (four << 8) | carried;
      carried = four >>> 24;
    }
    const before = (1 << shift) - 1;
    recentWords[last] = (held & ~(before | (0xff << shift))) | ((held & before) << 8) | carried;
    return byte;
  }

  /** Each step waits for memory that no cache holds, so two go at once: from the text's beginning, and from its end backwards. */
  function invert(length: number, origin: number): void {
    let sum = 0;
    for (let byte = 0; byte < 256; byte++) {
      const count = counts[byte] ?? 0;
      counts[byte] = sum;
      sum += count;
    }
    for (let row = 0; row < length; row++) {
      const byte = column[row] ?? 0;
      const sorted = counts[byte] ?? 0;
      counts[byte] = sorted + 1;
      forward[sorted] = (row << 8) | byte;
      backward[row] = (sorted << 8) | byte;
    }
    let next = origin;
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

  return { recent, text, read, invert };
}
