import { FormatError } from '../../base/index.ts';
import { alphabets, type BlockHeader } from './block-header.ts';
import { backwardBits, stateTable, takeBits, type BackwardBits, type StateTable } from './entropy.ts';
import { appendLiterals, appendMatch, type Output } from './output.ts';

/** A number is its symbol's base and so many bits more. Bases follow from the bits: the ranges join without a gap. */
interface Numbers {
  readonly bits: Uint8Array;
  readonly base: Int32Array;
}

const counts = numbers([...Array<number>(16).fill(0), 2, 3, 5, 8]);
const matches = numbers([...Array<number>(16).fill(0), 3, 5, 8, 11]);
const distances = numbers(Array.from({ length: 64 }, (_, symbol) => symbol >> 2));

function numbers(bits: readonly number[]): Numbers {
  const base = new Int32Array(bits.length);
  for (let symbol = 1; symbol < bits.length; symbol++) {
    base[symbol] = (base[symbol - 1] ?? 0) + (1 << (bits[symbol - 1] ?? 0));
  }
  return { bits: Uint8Array.from(bits), base };
}

/**
 * Decodes the payload of a compressed block: all literals first, then triples of how many literals to take, how long
 * a match follows and from how far back (0: as the time before).
 * @param payload the block's bytes after its header
 * @param at where they lie in the file, for errors
 */
export function decodeCompressedBlock(
  header: BlockHeader,
  payload: Uint8Array,
  output: Output,
  at: number,
): void {
  const end = output.length + header.rawBytes;
  const literals = readLiterals(header, payload.subarray(0, header.literalBytes), at);
  const matchAt = at + header.literalBytes;
  const bits = backwardBits(
    payload.subarray(header.literalBytes, header.literalBytes + header.matchBytes),
    header.matchUnusedBits,
    matchAt,
  );
  const none = header.matchCount === 0;
  const tables = none
    ? undefined
    : {
        counts: stateTable(header.counts, alphabets.counts.states, at),
        matches: stateTable(header.matches, alphabets.matches.states, at),
        distances: stateTable(header.distances, alphabets.distances.states, at),
      };
  const state = [header.countState, header.matchState, header.distanceState];
  let taken = 0;
  let distance = 0;
  for (let index = 0; tables !== undefined && index < header.matchCount; index++) {
    const literalCount = readNumber(bits, tables.counts, counts, state, 0);
    const matchLength = readNumber(bits, tables.matches, matches, state, 1);
    distance = readNumber(bits, tables.distances, distances, state, 2) || distance;
    if (bits.left < 0) throw new FormatError('lzfse', 'a block ends inside its matches', { offset: matchAt });
    if (taken + literalCount > literals.length) {
      throw new FormatError('lzfse', 'a block takes more literals than it has', { offset: matchAt });
    }
    appendLiterals(output, literals, taken, literalCount, matchAt);
    if (matchLength > 0) appendMatch(output, distance, matchLength, matchAt);
    taken += literalCount;
  }
  if (output.length !== end) {
    throw new FormatError(
      'lzfse',
      `a block decodes to ${output.length - end + header.rawBytes} bytes instead of ${header.rawBytes}`,
      { offset: at },
    );
  }
}

/** Literals are coded by four state machines in turn. */
function readLiterals(header: BlockHeader, data: Uint8Array, at: number): Uint8Array {
  const literals = new Uint8Array(header.literalCount);
  if (literals.length === 0) return literals;
  const { symbol, bits, delta } = stateTable(header.literals, alphabets.literals.states, at);
  const stream = backwardBits(data, header.literalUnusedBits, at);
  const states = Uint16Array.from(header.literalStates);
  for (let index = 0; index < literals.length; index++) {
    const state = states[index & 3] ?? 0;
    literals[index] = symbol[state] ?? 0;
    states[index & 3] = (delta[state] ?? 0) + takeBits(stream, bits[state] ?? 0);
  }
  if (stream.left < 0) throw new FormatError('lzfse', 'a block ends inside its literals', { offset: at });
  return literals;
}

/** The bits for the next state come before those of the number. */
function readNumber(
  bits: BackwardBits,
  table: StateTable,
  of: Numbers,
  states: number[],
  which: number,
): number {
  const state = states[which] ?? 0;
  const symbol = table.symbol[state] ?? 0;
  states[which] = (table.delta[state] ?? 0) + takeBits(bits, table.bits[state] ?? 0);
  return (of.base[symbol] ?? 0) + takeBits(bits, of.bits[symbol] ?? 0);
}
