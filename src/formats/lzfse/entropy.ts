import { FormatError } from '../../base/index.ts';

/** Reads bits from the end of a byte range towards its beginning, highest first, as finite state entropy coding writes them. */
export interface BackwardBits {
  readonly bytes: Uint8Array;
  /** How many bits are left. */
  left: number;
}

/**
 * @param unused how many of the last byte's highest bits are none of the stream's, 0–7
 * @param at where the bytes lie in the file, for errors
 */
export function backwardBits(bytes: Uint8Array, unused: number, at: number): BackwardBits {
  const left = bytes.length * 8 - unused;
  if (left < 0) throw new FormatError('lzfse', 'a bit stream is empty', { offset: at });
  return { bytes, left };
}

/** Takes up to 24 bits. Past the beginning there are none: `left` falls below 0, which the caller checks. */
export function takeBits(bits: BackwardBits, count: number): number {
  const left = (bits.left -= count);
  if (left < 0) return 0;
  const { bytes } = bits;
  const first = left >> 3;
  const word =
    ((bytes[first] ?? 0) |
      ((bytes[first + 1] ?? 0) << 8) |
      ((bytes[first + 2] ?? 0) << 16) |
      ((bytes[first + 3] ?? 0) << 24)) >>>
    (left & 7);
  return word & ((1 << count) - 1);
}

/** One table a state machine: for each state the symbol, how many bits to take, and what to add to them for the next state. */
export interface StateTable {
  readonly symbol: Uint8Array;
  readonly bits: Uint8Array;
  readonly delta: Int16Array;
}

/**
 * Spreads symbols over states by their frequencies, whose sum must be the number of states (a power of 2).
 * A symbol of frequency f owns f states; those that come first take one bit more than those that come last.
 */
export function stateTable(frequencies: Uint16Array, states: number, at: number): StateTable {
  const sum = frequencies.reduce((total, each) => total + each, 0);
  if (sum !== states) {
    throw new FormatError('lzfse', `frequencies sum up to ${sum} instead of ${states}`, { offset: at });
  }
  const table = {
    symbol: new Uint8Array(states),
    bits: new Uint8Array(states),
    delta: new Int16Array(states),
  };
  let state = 0;
  frequencies.forEach((frequency, symbol) => {
    if (frequency === 0) return;
    const bits = Math.clz32(frequency) - Math.clz32(states);
    const long = ((2 * states) >> bits) - frequency;
    for (let index = 0; index < frequency; index++, state++) {
      table.symbol[state] = symbol;
      table.bits[state] = index < long ? bits : bits - 1;
      table.delta[state] =
        index < long ? ((frequency + index) << bits) - states : (index - long) << (bits - 1);
    }
  });
  return table;
}
