import { FormatError } from '../../base/index.ts';

/** Bits that are read from the end of a byte range towards its beginning, highest first, as finite state entropy coding writes them. */
export interface BackwardBits {
  /** With room before the range and behind it, so that 32 bits may be read from any byte of a step that leaves it. */
  readonly view: DataView;
  /** Where reading begins and where the bits end, in bits of the view. */
  readonly bits: number;
  readonly end: number;
}

/** In bytes: more than one step reads. */
const room = 16;
/** Used again for every stream, one of literals and one of matches at a time. */
let scratch = new Uint8Array(2 ** 17);
let scratchView = new DataView(scratch.buffer);

/**
 * @param unused how many of the last byte's highest bits do not belong to the stream, 0–7
 * @param at where the bytes lie in the file, for errors
 */
export function backwardBits(bytes: Uint8Array, unused: number, at: number): BackwardBits {
  if (bytes.length * 8 < unused) throw new FormatError('lzfse', 'a bit stream is empty', { offset: at });
  if (bytes.length + 2 * room > scratch.length) {
    scratch = new Uint8Array(2 * bytes.length + 2 * room);
    scratchView = new DataView(scratch.buffer);
  }
  scratch.set(bytes, room);
  return { view: scratchView, bits: (room + bytes.length) * 8 - unused, end: room * 8 };
}

/** Of each state: the next state's base (16 bits and a sign), the symbol (8), how many bits to take (8). */
export function literalTable(frequencies: Uint16Array, states: number, at: number): Int32Array {
  const table = new Int32Array(states);
  eachState(frequencies, states, at, (state, symbol, bits, delta) => {
    table[state] = (delta << 16) | (symbol << 8) | bits;
  });
  return table;
}

export interface NumberTable {
  /** Of each state: the next state's base (16 bits and a sign), how many bits to take (8), how many of them are the number's (8). */
  readonly code: Int32Array;
  /** Of each state: the least number. */
  readonly base: Int32Array;
}

/** @param extra of each symbol: how many bits a number has beyond it. The ranges join without a gap. */
export function numberTable(
  frequencies: Uint16Array,
  states: number,
  extra: readonly number[],
  at: number,
): NumberTable {
  const code = new Int32Array(states);
  const base = new Int32Array(states);
  const least = new Int32Array(extra.length + 1);
  extra.forEach((bits, symbol) => (least[symbol + 1] = (least[symbol] ?? 0) + (1 << bits)));
  eachState(frequencies, states, at, (state, symbol, bits, delta) => {
    const more = extra[symbol] ?? 0;
    code[state] = (delta << 16) | ((bits + more) << 8) | more;
    base[state] = least[symbol] ?? 0;
  });
  return { code, base };
}

/**
 * Spreads symbols over states by their frequencies, whose sum must be the number of states (a power of 2).
 * A symbol of frequency f owns f states; those that come first take one bit more than those that come last.
 */
function eachState(
  frequencies: Uint16Array,
  states: number,
  at: number,
  put: (state: number, symbol: number, bits: number, delta: number) => void,
): void {
  const sum = frequencies.reduce((total, each) => total + each, 0);
  if (sum !== states) {
    throw new FormatError('lzfse', `frequencies sum up to ${sum} instead of ${states}`, { offset: at });
  }
  let state = 0;
  frequencies.forEach((frequency, symbol) => {
    if (frequency === 0) return;
    const bits = Math.clz32(frequency) - Math.clz32(states);
    const long = ((2 * states) >> bits) - frequency;
    for (let index = 0; index < frequency; index++, state++) {
      if (index < long) put(state, symbol, bits, ((frequency + index) << bits) - states);
      else put(state, symbol, bits - 1, (index - long) << (bits - 1));
    }
  });
}
