import { FormatError } from '../../base/index.ts';
import { alphabets, type BlockHeader } from './block-header.ts';
import { backwardBits, numberTable, literalTable } from './entropy.ts';
import { copyMatch, type Output } from './output.ts';

/** How many bits a number has beyond its symbol. */
const extraBits = {
  counts: [...Array<number>(16).fill(0), 2, 3, 5, 8],
  matches: [...Array<number>(16).fill(0), 3, 5, 8, 11],
  distances: Array.from({ length: 64 }, (_, symbol) => symbol >> 2),
} as const;

/*
 * This is the inner loop of most newer images: it reads bits and copies bytes in place, in plain integers, and checks
 * once a step that neither its input nor its output is left. `noUncheckedIndexedAccess` is answered by `?? 0`, which
 * costs nothing where the index is in range.
 */

/** The block's literals; used again for every block. What is copied from it a few bytes too far does no harm. */
const literalRoom = new Uint8Array(40_000 + 16);
const literalView = new DataView(literalRoom.buffer);

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
  if (end > output.size) {
    throw new FormatError('lzfse', `decodes to more than ${output.size} bytes`, { offset: at });
  }
  readLiterals(header, payload.subarray(0, header.literalBytes), at);
  readMatches(header, payload.subarray(header.literalBytes), output, at + header.literalBytes);
  if (output.length !== end) {
    throw new FormatError(
      'lzfse',
      `a block decodes to ${output.length - end + header.rawBytes} bytes instead of ${header.rawBytes}`,
      { offset: at },
    );
  }
}

function readMatches(header: BlockHeader, data: Uint8Array, output: Output, at: number): void {
  if (header.matchCount === 0) return;
  const counts = numberTable(header.counts, alphabets.counts.states, extraBits.counts, at);
  const matches = numberTable(header.matches, alphabets.matches.states, extraBits.matches, at);
  const distances = numberTable(header.distances, alphabets.distances.states, extraBits.distances, at);
  const stream = backwardBits(data, header.matchUnusedBits, at);
  const { view } = stream;
  const out = output.view;
  const fail = (message: string): never => {
    throw new FormatError('lzfse', message, { offset: at });
  };
  let left = stream.bits;
  let countState = header.countState;
  let matchState = header.matchState;
  let distanceState = header.distanceState;
  let taken = 0;
  let distance = 0;
  let length = output.length;
  for (let index = 0; index < header.matchCount; index++) {
    // The bits of the next state, then those of the number: 14, 17 and 23 at the most.
    let code = counts.code[countState] ?? 0;
    left -= (code >> 8) & 0xff;
    let bits = (view.getInt32(left >> 3, true) >>> (left & 7)) & ((1 << ((code >> 8) & 0xff)) - 1);
    const literalCount = (counts.base[countState] ?? 0) + (bits & ((1 << (code & 0xff)) - 1));
    countState = (code >> 16) + (bits >>> (code & 0xff));

    code = matches.code[matchState] ?? 0;
    left -= (code >> 8) & 0xff;
    bits = (view.getInt32(left >> 3, true) >>> (left & 7)) & ((1 << ((code >> 8) & 0xff)) - 1);
    const matchLength = (matches.base[matchState] ?? 0) + (bits & ((1 << (code & 0xff)) - 1));
    matchState = (code >> 16) + (bits >>> (code & 0xff));

    code = distances.code[distanceState] ?? 0;
    left -= (code >> 8) & 0xff;
    bits = (view.getInt32(left >> 3, true) >>> (left & 7)) & ((1 << ((code >> 8) & 0xff)) - 1);
    distance = (distances.base[distanceState] ?? 0) + (bits & ((1 << (code & 0xff)) - 1)) || distance;
    distanceState = (code >> 16) + (bits >>> (code & 0xff));

    if (left < stream.end) fail('a block ends inside its matches');
    if (taken + literalCount > header.literalCount) fail('a block takes more literals than it has');
    if (length + literalCount + matchLength > output.size) {
      fail(`decodes to more than ${output.size} bytes`);
    }
    for (let done = 0; done < literalCount; done += 4) {
      out.setInt32(length + done, literalView.getInt32(taken + done, true), true);
    }
    taken += literalCount;
    length += literalCount;
    if (matchLength > 0) {
      if (distance < 1 || distance > length) {
        fail(`copies from ${distance} bytes back where there are ${length}`);
      }
      copyMatch(output, length, distance, matchLength);
      length += matchLength;
    }
  }
  output.length = length;
}

/** Literals are coded by four state machines in turn. Puts them into `literalRoom`. */
function readLiterals(header: BlockHeader, data: Uint8Array, at: number): void {
  const { literalCount } = header;
  if (literalCount === 0) return;
  const table = literalTable(header.literals, alphabets.literals.states, at);
  const stream = backwardBits(data, header.literalUnusedBits, at);
  const { view } = stream;
  let left = stream.bits;
  let [a = 0, b = 0, c = 0, d = 0] = header.literalStates;
  for (let index = 0; index < literalCount; index += 4) {
    // Two numbers of at most 10 bits out of one word, whose first 25 are there whatever the bit.
    let first = table[a] ?? 0;
    let second = table[b] ?? 0;
    let more = second & 0xff;
    left -= (first & 0xff) + more;
    let word = view.getInt32(left >> 3, true) >>> (left & 7);
    literalRoom[index] = first >> 8;
    literalRoom[index + 1] = second >> 8;
    b = (second >> 16) + (word & ((1 << more) - 1));
    a = (first >> 16) + ((word >>> more) & ((1 << (first & 0xff)) - 1));

    first = table[c] ?? 0;
    second = table[d] ?? 0;
    more = second & 0xff;
    left -= (first & 0xff) + more;
    word = view.getInt32(left >> 3, true) >>> (left & 7);
    literalRoom[index + 2] = first >> 8;
    literalRoom[index + 3] = second >> 8;
    d = (second >> 16) + (word & ((1 << more) - 1));
    c = (first >> 16) + ((word >>> more) & ((1 << (first & 0xff)) - 1));
    if (left < stream.end) {
      throw new FormatError('lzfse', 'a block ends inside its literals', { offset: at });
    }
  }
}
