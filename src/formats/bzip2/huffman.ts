import { damaged, takeBits, type BitReader } from './bit-reader.ts';

/** The longest code, in bits. */
export const longestCode = 20;
/** Codes up to here are looked up at once. */
export const quickBits = 10;
const mostSymbols = 258;

/** One of a block's up to six prefix codes. */
export interface Code {
  /** By the next `quickBits` bits: the code's length in the high half, its symbol in the low; 0 when it is longer. */
  readonly quick: Int32Array;
  /** By length: the least code of 20 bits that is longer. */
  readonly limit: Int32Array;
  /** By length: what leads from a code to its place in `symbols`. */
  readonly offset: Int32Array;
  /** In the order of their codes. */
  readonly symbols: Uint16Array;
}

export function newCode(): Code {
  return {
    quick: new Int32Array(1 << quickBits),
    limit: new Int32Array(longestCode + 2),
    offset: new Int32Array(longestCode + 2),
    symbols: new Uint16Array(mostSymbols),
  };
}

const lengths = new Uint8Array(mostSymbols);

/** Reads the code of an alphabet: each symbol's length, as the difference to the one before. */
export function readCode(bits: BitReader, alphabet: number, { quick, limit, offset, symbols }: Code): void {
  let length = takeBits(bits, 5);
  for (let symbol = 0; symbol < alphabet; symbol++) {
    while (takeBits(bits, 1) === 1) length += takeBits(bits, 1) === 1 ? -1 : 1;
    if (length < 1 || length > longestCode) throw damaged(bits, `invalid code length: ${length} bits`);
    lengths[symbol] = length;
  }
  quick.fill(0);
  let code = 0;
  let place = 0;
  for (length = 1; length <= longestCode; length++) {
    offset[length] = place - code;
    for (let symbol = 0; symbol < alphabet; symbol++) {
      if (lengths[symbol] !== length) continue;
      symbols[place++] = symbol;
      if (length <= quickBits) {
        const first = code << (quickBits - length);
        quick.fill((length << 16) | symbol, first, first + (1 << (quickBits - length)));
      }
      code++;
    }
    if (code > 1 << length) throw damaged(bits, 'its codes overlap');
    limit[length] = code << (longestCode - length);
    code <<= 1;
  }
  // Bits that are no code at all are longer than any.
  limit[longestCode + 1] = 1 << longestCode;
}
