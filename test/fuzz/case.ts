import { mutate } from './mutate.ts';
import type { Job } from './protocol.ts';
import { Random } from './random.ts';

/** Which cases: with an index it is one of them. */
export type CaseOf = Pick<Job, 'name' | 'target' | 'seed'>;

/** The offsets of bytes that are not zero. */
export function placesOf(bytes: Uint8Array): Uint32Array {
  let count = 0;
  for (const byte of bytes) if (byte !== 0) count++;
  const places = new Uint32Array(count);
  let next = 0;
  for (let at = 0; at < bytes.length; at++) if (bytes[at] !== 0) places[next++] = at;
  return places;
}

/** The bytes of one case: the same for the same numbers. */
export function caseBytes(of: CaseOf, index: number, original: Uint8Array): Buffer {
  return mutate(Buffer.from(original), placesOf(original), randomOf(of, index)).bytes;
}

/** The cases of a seed one after another, in one buffer: an image of megabytes is not copied for a bit of it. */
export class Cases {
  readonly #of: CaseOf;
  readonly #original: Buffer;
  readonly #places: Uint32Array;
  readonly #scratch: Buffer;
  #touched: readonly (readonly [offset: number, length: number])[] = [];

  constructor(of: CaseOf, original: Buffer) {
    this.#of = of;
    this.#original = original;
    this.#places = placesOf(original);
    this.#scratch = Buffer.from(original);
  }

  /** The bytes of a case, which are good until the next is asked for. They must not be written to. */
  at(index: number): Buffer {
    for (const [offset, length] of this.#touched)
      this.#original.copy(this.#scratch, offset, offset, offset + length);
    const { bytes, touched } = mutate(this.#scratch, this.#places, randomOf(this.#of, index));
    this.#touched = touched;
    return bytes;
  }
}

function randomOf({ seed, name, target }: CaseOf, index: number): Random {
  return new Random(seed, name, target, index);
}
