import { alphabets } from '../../../src/formats/lzfse/block-header.ts';

/*
 * An LZFSE encoder, for streams as real ones are: greedy matches, four literal machines, "bvx2" blocks. Judged by 7-Zip.
 */

const mostMatches = 10_000;
const mostLiterals = 40_000;
const longestLiterals = 315;
const longestMatch = 2359;
const farthest = 262_139;

interface Triple {
  readonly literals: number;
  readonly match: number;
  readonly distance: number;
}

/** One stream of one or more blocks, "bvx2" or with the uncompressed headers of "bvx1". */
export function encodeLzfse(data: Uint8Array, version: 1 | 2 = 2): Buffer {
  const parts: Uint8Array[] = [];
  let triples: Triple[] = [];
  let literals: number[] = [];
  let [start, position, previous] = [0, 0, 0];
  const flush = (): void => {
    if (triples.length > 0) parts.push(encodeBlock(triples, literals, position - start, version));
    [triples, literals, start, previous] = [[], [], position, 0];
  };
  const put = (count: number, match: number, distance: number): void => {
    for (let index = 0; index < count; index++) literals.push(data[position + index] ?? 0);
    triples.push({ literals: count, match, distance: distance === previous ? 0 : distance });
    previous = distance;
    position += count + match;
    if (triples.length >= mostMatches || literals.length > mostLiterals - longestLiterals - 4) flush();
  };
  for (const { at, length, distance } of parse(data)) {
    // A triple without a match has a distance, too: 1, as in Apple's.
    while (at - position > longestLiterals) put(longestLiterals, 0, 1);
    for (let left = length; left > 0 || position < at; left = at + length - position) {
      put(at > position ? at - position : 0, Math.min(longestMatch, left), length === 0 ? 1 : distance);
    }
  }
  flush();
  return Buffer.concat([...parts, Buffer.from('bvx$')]);
}

/** The matches in data, one after another; one of length 0 stands at the end. */
function* parse(data: Uint8Array): Generator<{ at: number; length: number; distance: number }> {
  const table = new Int32Array(2 ** 15).fill(-1);
  for (let at = 0; at + 4 <= data.length;) {
    const word = key(data, at);
    const slot = Math.imul(word, 2654435761) >>> 17;
    const before = table[slot] ?? -1;
    table[slot] = at;
    if (before < 0 || at - before > farthest || key(data, before) !== word) {
      at++;
      continue;
    }
    let length = 4;
    while (at + length < data.length && data[before + length] === data[at + length]) length++;
    yield { at, length, distance: at - before };
    at += length;
  }
  yield { at: data.length, length: 0, distance: 1 };
}

function key(data: Uint8Array, at: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = [data[at], data[at + 1], data[at + 2], data[at + 3]];
  return a | (b << 8) | (c << 16) | (d << 24);
}

const bitsOf = {
  counts: [...Array<number>(16).fill(0), 2, 3, 5, 8],
  matches: [...Array<number>(16).fill(0), 3, 5, 8, 11],
  distances: Array.from({ length: 64 }, (_, symbol) => symbol >> 2),
};

/** A number as a symbol and the bits that lead from its base to it. */
function numberCoder(
  bits: readonly number[],
): (value: number) => { symbol: number; rest: number; bits: number } {
  const base = [0];
  bits.forEach((count, symbol) => base.push((base[symbol] ?? 0) + (1 << count)));
  return (value) => {
    let symbol = bits.length - 1;
    while ((base[symbol] ?? 0) > value) symbol--;
    return { symbol, rest: value - (base[symbol] ?? 0), bits: bits[symbol] ?? 0 };
  };
}

const coders = {
  counts: numberCoder(bitsOf.counts),
  matches: numberCoder(bitsOf.matches),
  distances: numberCoder(bitsOf.distances),
};

function encodeBlock(
  triples: readonly Triple[],
  literals: number[],
  rawBytes: number,
  version: 1 | 2,
): Buffer {
  while (literals.length % 4 !== 0) literals.push(0);
  const coded = triples.map(({ literals: count, match, distance }) => ({
    count: coders.counts(count),
    match: coders.matches(match),
    distance: coders.distances(distance),
  }));
  const machines = {
    counts: machine(
      coded.map(({ count }) => count.symbol),
      alphabets.counts,
    ),
    matches: machine(
      coded.map(({ match }) => match.symbol),
      alphabets.matches,
    ),
    distances: machine(
      coded.map(({ distance }) => distance.symbol),
      alphabets.distances,
    ),
    literals: machine(literals, alphabets.literals),
  };
  // Decoders read backwards: what is to be read first is written last.
  const literalBits = bitWriter();
  const states = [0, 0, 0, 0];
  for (let index = literals.length - 1; index >= 0; index--) {
    states[index & 3] = machines.literals.put(literalBits, states[index & 3] ?? 0, literals[index] ?? 0);
  }
  const matchBits = bitWriter();
  // Eight bytes that no decoder takes, so that it may read words: Apple's encoder writes them, and 7-Zip wants them.
  for (let index = 0; index < 8; index++) matchBits.push(0, 8);
  let [countState, matchState, distanceState] = [0, 0, 0];
  for (const { count, match, distance } of coded.reverse()) {
    matchBits.push(distance.rest, distance.bits);
    distanceState = machines.distances.put(matchBits, distanceState, distance.symbol);
    matchBits.push(match.rest, match.bits);
    matchState = machines.matches.put(matchBits, matchState, match.symbol);
    matchBits.push(count.rest, count.bits);
    countState = machines.counts.put(matchBits, countState, count.symbol);
  }
  const [literalData, matchData] = [literalBits.end(), matchBits.end()];
  const { counts, matches, distances, literals: bytes } = machines;
  const all = [counts, matches, distances, bytes].flatMap((each) => [...each.frequencies]);
  if (version === 1) {
    const full = Buffer.alloc(770);
    full.write('bvx1', 'latin1');
    const sizes = [
      rawBytes,
      literalData.bytes.length + matchData.bytes.length,
      literals.length,
      triples.length,
    ];
    [...sizes, literalData.bytes.length, matchData.bytes.length].forEach((value, index) =>
      full.writeUInt32LE(value, 4 + 4 * index),
    );
    full.writeInt32LE(-literalData.unused, 28);
    states.forEach((state, index) => full.writeUInt16LE(state, 32 + 2 * index));
    full.writeInt32LE(-matchData.unused, 40);
    const rest = [countState, matchState, distanceState, ...all];
    rest.forEach((value, index) => full.writeUInt16LE(value, 44 + 2 * index));
    return Buffer.concat([full, Buffer.alloc(2), literalData.bytes, matchData.bytes]);
  }
  const frequencies = encodeFrequencies(all);
  const head = Buffer.alloc(32);
  head.write('bvx2', 'latin1');
  head.writeUInt32LE(rawBytes, 4);
  const pack = (...fields: readonly (readonly [value: number, from: number])[]): bigint =>
    fields.reduce((word, [value, from]) => word | (BigInt(value) << BigInt(from)), 0n);
  head.writeBigUInt64LE(
    pack(
      [literals.length, 0],
      [literalData.bytes.length, 20],
      [triples.length, 40],
      [7 - literalData.unused, 60],
    ),
    8,
  );
  head.writeBigUInt64LE(
    pack(
      ...states.map((state, index) => [state, 10 * index] as const),
      [matchData.bytes.length, 40],
      [7 - matchData.unused, 60],
    ),
    16,
  );
  const size = head.length + frequencies.length;
  head.writeBigUInt64LE(pack([size, 0], [countState, 32], [matchState, 42], [distanceState, 52]), 24);
  return Buffer.concat([head, frequencies, literalData.bytes, matchData.bytes]);
}

interface BitWriter {
  push(value: number, count: number): void;
  end(): { bytes: Buffer; unused: number };
}

/** Bits one after another, the lowest of each value first. */
function bitWriter(): BitWriter {
  const bytes: number[] = [];
  let [word, held] = [0, 0];
  return {
    push: (value, count) => {
      word |= value << held;
      held += count;
      for (; held >= 8; held -= 8, word >>>= 8) bytes.push(word & 0xff);
    },
    end: () => {
      const unused = held === 0 ? 0 : 8 - held;
      if (held > 0) bytes.push(word);
      return { bytes: Buffer.from(bytes), unused };
    },
  };
}

interface Machine {
  readonly frequencies: Uint16Array;
  /** Writes a symbol's bits. @returns the next state */
  put(bits: BitWriter, state: number, symbol: number): number;
}

/** A finite state entropy coder for the symbols that will come. */
function machine(used: readonly number[], { symbols, states }: { symbols: number; states: number }): Machine {
  const frequencies = normalized(used, symbols, states);
  const first = new Uint16Array(symbols);
  for (let symbol = 1; symbol < symbols; symbol++) {
    first[symbol] = (first[symbol - 1] ?? 0) + (frequencies[symbol - 1] ?? 0);
  }
  return {
    frequencies,
    put: (bits, state, symbol) => {
      const frequency = frequencies[symbol] ?? 1;
      const most = Math.clz32(frequency) - Math.clz32(states);
      const whole = state + states;
      const count = whole >> most >= frequency ? most : most - 1;
      bits.push(whole & ((1 << count) - 1), count);
      return (first[symbol] ?? 0) + (whole >> count) - frequency;
    },
  };
}

/** Frequencies that sum up to the number of states; every symbol that is used has one. */
function normalized(used: readonly number[], symbols: number, states: number): Uint16Array {
  const counts = new Uint32Array(symbols);
  for (const symbol of used) counts[symbol] = (counts[symbol] ?? 0) + 1;
  const result = new Uint16Array(symbols);
  if (used.length === 0) {
    result[0] = states;
    return result;
  }
  counts.forEach((count, symbol) => {
    if (count > 0) result[symbol] = Math.max(1, Math.floor((count * states) / used.length));
  });
  for (let rest = states - result.reduce((sum, each) => sum + each, 0); rest !== 0;) {
    const most = result.indexOf(Math.max(...result));
    const change = rest > 0 ? rest : Math.max(rest, -Math.ceil((result[most] ?? 0) / 2));
    result[most] = (result[most] ?? 0) + change;
    rest -= change;
  }
  return result;
}

/** The prefix code of "bvx2" headers. */
function encodeFrequencies(frequencies: readonly number[]): Buffer {
  const bits = bitWriter();
  const short: readonly (readonly [code: number, count: number])[] = [
    [0b00, 2],
    [0b10, 2],
    [0b001, 3],
    [0b101, 3],
    [0b00011, 5],
    [0b01011, 5],
    [0b10011, 5],
    [0b11011, 5],
  ];
  for (const each of frequencies) {
    const code = short[each];
    if (code !== undefined) bits.push(...code);
    else if (each < 24) bits.push(0b0111 | ((each - 8) << 4), 8);
    else bits.push(0b1111 | ((each - 24) << 4), 14);
  }
  return bits.end().bytes;
}
