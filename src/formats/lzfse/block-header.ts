import { FormatError } from '../../base/index.ts';
import { array, struct, u16le, u32le, i32le, u64le } from '../struct/index.ts';

/** How many symbols and states each of the four alphabets has: literal bytes, literal counts, match lengths, distances. */
export const alphabets = {
  literals: { symbols: 256, states: 1024 },
  counts: { symbols: 20, states: 64 },
  matches: { symbols: 20, states: 64 },
  distances: { symbols: 64, states: 256 },
} as const;

/** Header of a compressed block, whichever way it was stored. */
export interface BlockHeader {
  /** Where the payload begins, from the block's first byte. */
  readonly size: number;
  readonly rawBytes: number;
  readonly literalCount: number;
  readonly matchCount: number;
  readonly literalBytes: number;
  readonly literalUnusedBits: number;
  readonly literalStates: readonly number[];
  readonly matchBytes: number;
  readonly matchUnusedBits: number;
  readonly countState: number;
  readonly matchState: number;
  readonly distanceState: number;
  readonly counts: Uint16Array;
  readonly matches: Uint16Array;
  readonly distances: Uint16Array;
  readonly literals: Uint16Array;
}

/** "bvx1": everything in full, little-endian. */
const version1 = struct('lzfse.version1', {
  magic: u32le,
  rawBytes: u32le,
  payloadBytes: u32le,
  literalCount: u32le,
  matchCount: u32le,
  literalBytes: u32le,
  matchBytes: u32le,
  literalBits: i32le, // 0 to -7
  literalStates: array(u16le, 4),
  matchBits: i32le, // 0 to -7
  countState: u16le,
  matchState: u16le,
  distanceState: u16le,
  frequencies: array(u16le, 20 + 20 + 64 + 256),
  padding: u16le,
});

/** "bvx2": the same numbers in bit fields, then the frequencies in a prefix code. */
const version2 = struct('lzfse.version2', {
  magic: u32le,
  rawBytes: u32le,
  first: u64le, // literalCount:20 literalBytes:20 matchCount:20 literalBits+7:3
  second: u64le, // literalStates:10×4 matchBytes:20 matchBits+7:3
  third: u64le, // size:32 countState:10 matchState:10 distanceState:10
});

export function readVersion1(data: Uint8Array, offset: number, at: number): BlockHeader {
  const header = version1.decode(data, offset, at);
  return check(
    {
      ...header,
      size: version1.size,
      literalUnusedBits: -header.literalBits,
      matchUnusedBits: -header.matchBits,
      ...split(Uint16Array.from(header.frequencies)),
    },
    at + offset,
  );
}

export function readVersion2(data: Uint8Array, offset: number, at: number): BlockHeader {
  const header = version2.decode(data, offset, at);
  const take = (word: bigint, from: number, count: number): number =>
    Number((word >> BigInt(from)) & ((1n << BigInt(count)) - 1n));
  const size = take(header.third, 0, 32);
  if (size < version2.size || offset + size > data.length) {
    throw new FormatError('lzfse', `a block header of ${size} bytes is not inside its stream`, {
      offset: at + offset,
    });
  }
  return check(
    {
      size,
      rawBytes: header.rawBytes,
      literalCount: take(header.first, 0, 20),
      literalBytes: take(header.first, 20, 20),
      matchCount: take(header.first, 40, 20),
      literalUnusedBits: 7 - take(header.first, 60, 3),
      literalStates: [0, 10, 20, 30].map((from) => take(header.second, from, 10)),
      matchBytes: take(header.second, 40, 20),
      matchUnusedBits: 7 - take(header.second, 60, 3),
      countState: take(header.third, 32, 10),
      matchState: take(header.third, 42, 10),
      distanceState: take(header.third, 52, 10),
      ...split(readFrequencies(data.subarray(offset + version2.size, offset + size), at + offset)),
    },
    at + offset,
  );
}

/**
 * Frequencies in a prefix code, lowest bits first: 00 0, 10 1, 001 2, 101 3, 0011 and 1-bit … as the table below has
 * them; the two escapes hold 4 and 10 bits more.
 */
function readFrequencies(data: Uint8Array, at: number): Uint16Array {
  const frequencies = new Uint16Array(20 + 20 + 64 + 256);
  if (data.length === 0) return frequencies;
  let word = 0;
  let held = 0;
  let from = 0;
  for (let index = 0; index < frequencies.length; index++) {
    while (from < data.length && held <= 16) {
      word |= (data[from++] ?? 0) << held;
      held += 8;
    }
    const code = word & 31;
    const bits = codeBits[code] ?? 0;
    if (bits > held) throw new FormatError('lzfse', 'a frequency table ends too early', { offset: at });
    frequencies[index] =
      bits === 8
        ? 8 + ((word >> 4) & 0xf)
        : bits === 14
          ? 24 + ((word >> 4) & 0x3ff)
          : (codeValue[code] ?? 0);
    word >>>= bits;
    held -= bits;
  }
  if (held >= 8 || from !== data.length) {
    throw new FormatError('lzfse', 'bytes are left after a frequency table', { offset: at });
  }
  return frequencies;
}

const codeBits = [
  2, 3, 2, 5, 2, 3, 2, 8, 2, 3, 2, 5, 2, 3, 2, 14, 2, 3, 2, 5, 2, 3, 2, 8, 2, 3, 2, 5, 2, 3, 2, 14,
] as const;
const codeValue = [
  0, 2, 1, 4, 0, 3, 1, 0, 0, 2, 1, 5, 0, 3, 1, 0, 0, 2, 1, 6, 0, 3, 1, 0, 0, 2, 1, 7, 0, 3, 1, 0,
] as const;

function split(frequencies: Uint16Array): Pick<BlockHeader, 'counts' | 'matches' | 'distances' | 'literals'> {
  return {
    counts: frequencies.subarray(0, 20),
    matches: frequencies.subarray(20, 40),
    distances: frequencies.subarray(40, 104),
    literals: frequencies.subarray(104),
  };
}

function check(header: BlockHeader, at: number): BlockHeader {
  const sound =
    header.literalCount <= 40_000 &&
    header.literalCount % 4 === 0 &&
    header.matchCount <= 10_000 &&
    header.literalUnusedBits >= 0 &&
    header.literalUnusedBits <= 7 &&
    header.matchUnusedBits >= 0 &&
    header.matchUnusedBits <= 7 &&
    header.literalStates.every((state) => state < alphabets.literals.states) &&
    header.countState < alphabets.counts.states &&
    header.matchState < alphabets.matches.states &&
    header.distanceState < alphabets.distances.states;
  if (sound) return header;
  throw new FormatError('lzfse', 'a block header has a number out of its range', { offset: at });
}
