import { mutate } from './mutate.ts';
import type { Job } from './protocol.ts';
import { Random } from './random.ts';

/** The offsets of bytes that are not zero. */
export function placesOf(bytes: Uint8Array): Uint32Array {
  const places: number[] = [];
  bytes.forEach((byte, at) => {
    if (byte !== 0) places.push(at);
  });
  return Uint32Array.from(places);
}

/** The bytes of one case: the same for the same numbers. */
export function caseBytes(
  { name, target, seed }: Pick<Job, 'name' | 'target' | 'seed'>,
  index: number,
  original: Uint8Array,
  places: Uint32Array,
): Buffer {
  return mutate(original, places, new Random(seed, name, target, index));
}
