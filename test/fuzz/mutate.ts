import type { Random } from './random.ts';

/** Numbers that sizes, counts and links go wrong at. */
const edges = [
  0, 1, 2, 3, 7, 8, 14, 511, 512, 4095, 4096, 65535, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
];

/** Bytes of a case while it is made. */
interface Draft {
  bytes: Buffer;
  /** Are they still those of the caller's buffer, whose changes have to be undone? */
  shared: boolean;
  /** Places in the caller's buffer that were written to: offset, length. */
  readonly touched: (readonly [offset: number, length: number])[];
}

type Mutator = (draft: Draft, at: number, random: Random) => void;

function touch(draft: Draft, at: number, length: number): Buffer {
  if (draft.shared) draft.touched.push([at, length]);
  return draft.bytes;
}

function replace(draft: Draft, bytes: Buffer): void {
  draft.bytes = bytes;
  draft.shared = false;
}

const flipBit: Mutator = (draft, at, random) => {
  const bytes = touch(draft, at, 1);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
};

const setByte: Mutator = (draft, at, random) => {
  touch(draft, at, 1)[at] = random.below(256);
};

const setNumber: Mutator = (draft, at, random) => {
  const { length } = draft.bytes;
  const value = random.below(4) === 0 ? Math.max(0, length - random.below(3)) : random.of(edges);
  const width = random.of([1, 2, 4, 8]);
  const little = random.below(2) === 1;
  if (at + width > length) return;
  const field = Buffer.alloc(8);
  field.writeBigUInt64BE(BigInt(value));
  const low = field.subarray(8 - width);
  (little ? low.reverse() : low).copy(touch(draft, at, width), at);
};

const add: Mutator = (draft, at, random) => {
  const change = random.of([1, -1, 2, -2, 8, 512, -512]);
  if (at + 4 > draft.bytes.length) return;
  const bytes = touch(draft, at, 4);
  bytes.writeUInt32BE((bytes.readUInt32BE(at) + change + 2 ** 32) % 2 ** 32, at);
};

const truncate: Mutator = (draft, at, random) => {
  draft.bytes = draft.bytes.subarray(
    0,
    random.below(3) === 0 ? at : Math.max(0, draft.bytes.length - random.below(1024)),
  );
};

const extend: Mutator = (draft, _at, random) => {
  replace(draft, Buffer.concat([draft.bytes, Buffer.alloc(random.below(4096), random.below(256))]));
};

const copyOver: Mutator = (draft, at, random) => {
  const length = Math.min(random.of([4, 8, 16, 64, 512, 4096]), draft.bytes.length - at);
  const from = random.below(draft.bytes.length - length + 1);
  draft.bytes.copy(touch(draft, at, length), at, from, from + length);
};

const clear: Mutator = (draft, at, random) => {
  const value = random.of([0, 0xff]);
  const length = Math.min(random.of([2, 8, 64, 512]), draft.bytes.length - at);
  touch(draft, at, length).fill(value, at, at + length);
};

const cutOut: Mutator = (draft, at, random) => {
  const after = draft.bytes.subarray(at + random.of([1, 2, 4, 512]));
  replace(draft, Buffer.concat([draft.bytes.subarray(0, at), after]));
};

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

export interface Mutation {
  /** Of the case: in the buffer that was given, as far as nothing was put in or taken out. */
  readonly bytes: Buffer;
  /** What was written to in that buffer. */
  readonly touched: readonly (readonly [offset: number, length: number])[];
}

/**
 * Changes bytes in one to four ways, in place.
 * @param places that say something: offsets of bytes that are not zero
 */
export function mutate(bytes: Buffer, places: readonly number[] | Uint32Array, random: Random): Mutation {
  const draft: Draft = { bytes, shared: true, touched: [] };
  for (let changes = 1 + random.below(4); changes > 0; changes--) {
    if (draft.bytes.length === 0) break;
    // Fields begin near what is not zero, and at it.
    const near = (places[random.below(places.length)] ?? 0) - random.of([0, 0, 0, 1, 2, 3, 4]);
    const at = Math.min(Math.max(near, 0), draft.bytes.length - 1);
    random.of(mutators)(draft, at, random);
  }
  return draft;
}
