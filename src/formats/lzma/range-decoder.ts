/** Gives the compressed bytes one after another. @throws FormatError at their end */
export type NextByte = () => number;

const bits = 11;
const moves = 5;
export const initialProbability = 1 << (bits - 1);

export function probabilities(count: number): Uint16Array {
  return new Uint16Array(count).fill(initialProbability);
}

/** LZMA's range decoder: bits whose probabilities are learnt (Igor Pavlov's LZMA specification, "Range Decoder"). */
export class RangeDecoder {
  readonly #next: NextByte;
  #range = 0xffffffff;
  #code = 0;

  constructor(next: NextByte) {
    this.#next = next;
  }

  /** Takes the first five bytes. @returns whether they can begin a stream */
  begin(): boolean {
    const first = this.#next();
    for (let i = 0; i < 4; i++) this.#code = ((this.#code << 8) | this.#next()) >>> 0;
    return first === 0 && this.#code !== this.#range;
  }

  /** Nothing is left over, as at the end of every stream. */
  get finished(): boolean {
    return this.#code === 0;
  }

  bit(table: Uint16Array, index: number): number {
    const probability = table[index] ?? 0;
    const bound = (this.#range >>> bits) * probability;
    let symbol: number;
    if (this.#code < bound) {
      this.#range = bound;
      table[index] = probability + (((1 << bits) - probability) >> moves);
      symbol = 0;
    } else {
      this.#range = (this.#range - bound) >>> 0;
      this.#code = (this.#code - bound) >>> 0;
      table[index] = probability - (probability >> moves);
      symbol = 1;
    }
    if (this.#range < 0x1000000) this.#normalize();
    return symbol;
  }

  /** Bits of equal probability, the highest first. */
  direct(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) {
      this.#range >>>= 1;
      const one = this.#code >= this.#range ? 1 : 0;
      if (one === 1) this.#code = (this.#code - this.#range) >>> 0;
      value = ((value << 1) | one) >>> 0;
      if (this.#range < 0x1000000) this.#normalize();
    }
    return value;
  }

  /** `count` bits with a probability for each prefix, the highest first. */
  tree(table: Uint16Array, base: number, count: number): number {
    let node = 1;
    for (let i = 0; i < count; i++) node = (node << 1) | this.bit(table, base + node);
    return node - (1 << count);
  }

  /** The lowest first. */
  reverseTree(table: Uint16Array, base: number, count: number): number {
    let node = 1;
    let value = 0;
    for (let i = 0; i < count; i++) {
      const one = this.bit(table, base + node);
      node = (node << 1) | one;
      value |= one << i;
    }
    return value;
  }

  #normalize(): void {
    this.#range = (this.#range << 8) >>> 0;
    this.#code = ((this.#code << 8) | this.#next()) >>> 0;
  }
}
