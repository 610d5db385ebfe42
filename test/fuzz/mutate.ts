import type { Random } from './random.ts';

/** Numbers that sizes, counts and links go wrong at. */
const edges = [
  0, 1, 2, 3, 7, 8, 14, 511, 512, 4095, 4096, 65535, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
];

type Mutator = (bytes: Buffer, at: number, random: Random) => Buffer;

const flipBit: Mutator = (bytes, at, random) => {
  bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  return bytes;
};

const setByte: Mutator = (bytes, at, random) => {
  bytes[at] = random.below(256);
  return bytes;
};

const setNumber: Mutator = (bytes, at, random) => {
  const value = random.below(4) === 0 ? bytes.length - random.below(3) : random.of(edges);
  const width = random.of([1, 2, 4, 8]);
  if (at + width > bytes.length) return bytes;
  const field = Buffer.alloc(8);
  field.writeBigUInt64BE(BigInt(value));
  // Either order, of the low bytes.
  const low = field.subarray(8 - width);
  (random.below(2) === 0 ? low : Buffer.from(low).reverse()).copy(bytes, at);
  return bytes;
};

const add: Mutator = (bytes, at, random) => {
  if (at + 4 > bytes.length) return bytes;
  bytes.writeUInt32BE(
    (bytes.readUInt32BE(at) + random.of([1, -1, 2, -2, 8, 512, -512]) + 2 ** 32) % 2 ** 32,
    at,
  );
  return bytes;
};

const truncate: Mutator = (bytes, at, random) =>
  bytes.subarray(0, random.below(3) === 0 ? at : bytes.length - random.below(1024));
const extend: Mutator = (bytes, _at, random) =>
  Buffer.concat([bytes, Buffer.alloc(random.below(4096), random.below(256))]);

const copyOver: Mutator = (bytes, at, random) => {
  const length = Math.min(random.of([4, 8, 16, 64, 512, 4096]), bytes.length);
  const from = random.below(bytes.length - length + 1);
  bytes.copy(bytes, at, from, from + length);
  return bytes;
};

const clear: Mutator = (bytes, at, random) =>
  bytes.fill(random.of([0, 0xff]), at, Math.min(bytes.length, at + random.of([2, 8, 64, 512])));

const cutOut: Mutator = (bytes, at, random) =>
  Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.of([1, 2, 4, 512]))]);

const mutators = [
  flipBit,
  flipBit,
  setByte,
  setNumber,
  setNumber,
  add,
  truncate,
  extend,
  copyOver,
  clear,
  cutOut,
];

/**
 * Changes a copy of bytes in one to four ways.
 * @param places that say something: offsets of bytes that are not zero
 */
export function mutate(
  original: Uint8Array,
  places: readonly number[] | Uint32Array,
  random: Random,
): Buffer {
  let bytes: Buffer = Buffer.from(original);
  for (let changes = 1 + random.below(4); changes > 0; changes--) {
    if (bytes.length === 0) break;
    // Fields begin near what is not zero, and at it.
    const near = (places[random.below(places.length)] ?? 0) - random.of([0, 0, 0, 1, 2, 3, 4]);
    const at = Math.min(Math.max(near, 0), bytes.length - 1);
    bytes = Buffer.from(random.of(mutators)(bytes, at, random));
  }
  return bytes;
}
