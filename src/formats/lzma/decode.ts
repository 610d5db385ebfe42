import { FormatError } from '../../base/index.ts';
import { LengthDecoder } from './length-decoder.ts';
import { probabilities, RangeDecoder, type NextByte } from './range-decoder.ts';

/** How the decoder is set: the first byte of a stream (LZMA specification, "lzma file format"). */
export interface Properties {
  /** Literal context bits, 0 to 8. */
  readonly lc: number;
  /** Literal position bits, 0 to 4. */
  readonly lp: number;
  /** Position bits, 0 to 4. */
  readonly pb: number;
}

/** The bytes that have been decoded and are not gone from the window yet. */
export interface Window {
  readonly bytes: Uint8Array;
  /** How many bytes have been decoded in all. */
  total: number;
}

/** What the decoder was about to do is not done: it has put all that fits. */
export type Pause = 'full' | 'end';

const states = 12;
const literalStates = 7;
const alignBits = 4;
const endPosition = 14;
/** The distance that marks the end. */
const endMark = 0xffffffff;

/** Decodes LZMA into a window, as much at a time as is asked for. */
export class LzmaDecoder {
  readonly #decoder: RangeDecoder;
  readonly #window: Window;
  readonly #fail: (message: string) => never;
  readonly #properties: Properties;
  readonly #literals: Uint16Array;
  readonly #isMatch = probabilities(states << 4);
  readonly #isRepeat = probabilities(states);
  readonly #isRepeat0 = probabilities(states);
  readonly #isRepeat1 = probabilities(states);
  readonly #isRepeat2 = probabilities(states);
  readonly #isLongRepeat0 = probabilities(states << 4);
  readonly #slots = probabilities(4 << 6);
  readonly #special = probabilities(1 + 128 - endPosition);
  readonly #align = probabilities(1 << alignBits);
  readonly #matchLength = new LengthDecoder();
  readonly #repeatLength = new LengthDecoder();
  #state = 0;
  readonly #distances = [0, 0, 0, 0];
  /** Of a match that did not fit. */
  #left = 0;

  constructor(properties: Properties, window: Window, next: NextByte, at: number) {
    this.#properties = properties;
    this.#window = window;
    this.#decoder = new RangeDecoder(next);
    this.#literals = probabilities(0x300 << (properties.lc + properties.lp));
    this.#fail = (message) => {
      throw new FormatError('lzma', message, { offset: at });
    };
  }

  begin(): void {
    if (!this.#decoder.begin()) this.#fail('does not begin like an LZMA stream');
  }

  /** @param until how many bytes of output there are to be in all, at the most */
  run(until: number): Pause {
    const { bytes } = this.#window;
    const mask = (1 << this.#properties.pb) - 1;
    const decoder = this.#decoder;
    if (this.#left > 0) this.#copy(until);
    while (this.#window.total < until) {
      const position = this.#window.total & mask;
      if (decoder.bit(this.#isMatch, (this.#state << 4) + position) === 0) {
        bytes[this.#window.total % bytes.length] = this.#literal();
        this.#window.total++;
        this.#state = this.#state < 4 ? 0 : this.#state < 10 ? this.#state - 3 : this.#state - 6;
        continue;
      }
      if (decoder.bit(this.#isRepeat, this.#state) === 0) {
        if (!this.#match(position)) return 'end';
      } else if (!this.#repeat(position)) continue;
      this.#copy(until);
    }
    return 'full';
  }

  /** Whether the end mark follows, or the stream is just over. */
  isOver(): boolean {
    if (this.#left > 0) return false;
    if (this.#decoder.finished) return true;
    const position = this.#window.total & ((1 << this.#properties.pb) - 1);
    if (this.#decoder.bit(this.#isMatch, (this.#state << 4) + position) === 0) return false;
    return this.#decoder.bit(this.#isRepeat, this.#state) === 0 && !this.#match(position);
  }

  #literal(): number {
    const { bytes, total } = this.#window;
    const { lc, lp } = this.#properties;
    const decoder = this.#decoder;
    const before = total === 0 ? 0 : (bytes[(total - 1) % bytes.length] ?? 0);
    const context = ((total & ((1 << lp) - 1)) << lc) + (before >> (8 - lc));
    const base = 0x300 * context;
    let symbol = 1;
    if (this.#state >= literalStates) {
      let match = this.#at(this.#distances[0] ?? 0);
      do {
        const matchBit = (match >> 7) & 1;
        match <<= 1;
        const one = decoder.bit(this.#literals, base + ((1 + matchBit) << 8) + symbol);
        symbol = (symbol << 1) | one;
        if (matchBit !== one) break;
      } while (symbol < 0x100);
    }
    while (symbol < 0x100) symbol = (symbol << 1) | decoder.bit(this.#literals, base + symbol);
    return symbol - 0x100;
  }

  /** @returns false at the end mark */
  #match(position: number): boolean {
    const decoder = this.#decoder;
    this.#distances.pop();
    this.#left = this.#matchLength.read(decoder, position);
    this.#state = this.#state < literalStates ? 7 : 10;
    const lengthState = Math.min(this.#left - 2, 3);
    const slot = decoder.tree(this.#slots, lengthState << 6, 6);
    let distance = slot;
    if (slot >= 4) {
      const count = (slot >> 1) - 1;
      distance = ((2 | (slot & 1)) << count) >>> 0;
      if (slot < endPosition) distance += decoder.reverseTree(this.#special, distance - slot, count);
      else {
        distance += decoder.direct(count - alignBits) * (1 << alignBits);
        distance += decoder.reverseTree(this.#align, 0, alignBits);
      }
    }
    this.#distances.unshift(distance);
    if (distance === endMark) {
      this.#left = 0;
      return false;
    }
    this.#checkDistance();
    return true;
  }

  /** @returns false when it was a single byte, which is copied */
  #repeat(position: number): boolean {
    const decoder = this.#decoder;
    const { bytes } = this.#window;
    const [d0 = 0, d1 = 0, d2 = 0, d3 = 0] = this.#distances;
    if (decoder.bit(this.#isRepeat0, this.#state) === 0) {
      if (decoder.bit(this.#isLongRepeat0, (this.#state << 4) + position) === 0) {
        this.#checkDistance();
        this.#state = this.#state < literalStates ? 9 : 11;
        bytes[this.#window.total % bytes.length] = this.#at(d0);
        this.#window.total++;
        return false;
      }
    } else if (decoder.bit(this.#isRepeat1, this.#state) === 0) this.#setDistances(d1, d0, d2, d3);
    else if (decoder.bit(this.#isRepeat2, this.#state) === 0) this.#setDistances(d2, d0, d1, d3);
    else this.#setDistances(d3, d0, d1, d2);
    this.#left = this.#repeatLength.read(decoder, position);
    this.#state = this.#state < literalStates ? 8 : 11;
    this.#checkDistance();
    return true;
  }

  #setDistances(...distances: readonly number[]): void {
    this.#distances.splice(0, 4, ...distances);
  }

  #checkDistance(): void {
    const distance = this.#distances[0] ?? 0;
    const { bytes, total } = this.#window;
    if (distance >= total || distance >= bytes.length)
      this.#fail(`copies from ${distance + 1} bytes back where there are ${Math.min(total, bytes.length)}`);
  }

  #at(distance: number): number {
    const { bytes, total } = this.#window;
    return bytes[(total - distance - 1) % bytes.length] ?? 0;
  }

  #copy(until: number): void {
    const { bytes } = this.#window;
    const distance = this.#distances[0] ?? 0;
    const count = Math.min(this.#left, until - this.#window.total);
    for (let i = 0; i < count; i++) {
      bytes[this.#window.total % bytes.length] = this.#at(distance);
      this.#window.total++;
    }
    this.#left -= count;
  }
}
