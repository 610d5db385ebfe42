import { probabilities, type RangeDecoder } from './range-decoder.ts';

/** Lengths of matches, from 2 to 273: short ones by the position, long ones without. */
export class LengthDecoder {
  readonly #choice = probabilities(2);
  readonly #low = probabilities(16 << 3);
  readonly #middle = probabilities(16 << 3);
  readonly #high = probabilities(1 << 8);

  read(decoder: RangeDecoder, position: number): number {
    if (decoder.bit(this.#choice, 0) === 0) return 2 + decoder.tree(this.#low, position << 3, 3);
    if (decoder.bit(this.#choice, 1) === 0) return 10 + decoder.tree(this.#middle, position << 3, 3);
    return 18 + decoder.tree(this.#high, 0, 8);
  }
}
