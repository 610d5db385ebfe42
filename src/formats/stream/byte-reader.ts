import { FormatError } from '../../base/index.ts';
import type { ByteStream } from './stream-of.ts';

/** Takes a stream apart into pieces of a given size. Holds what it has been given and not been asked for. */
export class ByteReader {
  readonly #input: AsyncIterator<Uint8Array>;
  readonly #format: string;
  #held: Uint8Array = new Uint8Array();
  #position = 0;

  /** @param format whose bytes they are, for errors */
  constructor(bytes: ByteStream, format: string) {
    this.#input = bytes[Symbol.asyncIterator]();
    this.#format = format;
  }

  /** How many bytes have been taken. */
  get position(): number {
    return this.#position;
  }

  /** As many as are at hand, at most `most` and at least one; undefined at the end. */
  async some(most: number): Promise<Uint8Array | undefined> {
    if (!(await this.#fill(1))) return undefined;
    return this.#take(Math.min(most, this.#held.length));
  }

  /** @throws FormatError when the stream ends before */
  async exactly(length: number): Promise<Uint8Array> {
    if (!(await this.#fill(length))) {
      throw new FormatError(
        this.#format,
        `ends where ${length} bytes are needed and ${this.#held.length} are there`,
        { offset: this.#position + this.#held.length },
      );
    }
    return this.#take(length);
  }

  /** The next bytes, which stay; fewer at the end. */
  async peek(length: number): Promise<Uint8Array> {
    await this.#fill(length);
    return this.#held.subarray(0, length);
  }

  /** The next `length` bytes as a stream. @throws FormatError when they are not there */
  async *stream(length: number): AsyncGenerator<Uint8Array> {
    for (let left = length; left > 0;) {
      const piece = await this.some(left);
      if (piece === undefined) {
        throw new FormatError(this.#format, `ends ${left} bytes too early`, { offset: this.#position });
      }
      left -= piece.length;
      yield piece;
    }
  }

  /** All that is left; ends the input when it is left early. */
  async *rest(): AsyncGenerator<Uint8Array> {
    try {
      for (let piece = await this.some(Infinity); piece !== undefined; piece = await this.some(Infinity)) {
        yield piece;
      }
    } finally {
      await this.close();
    }
  }

  /** Tells the input that no more is wanted. */
  async close(): Promise<void> {
    await this.#input.return?.();
  }

  /** @returns false when the stream ends before as many bytes are held */
  async #fill(length: number): Promise<boolean> {
    if (this.#held.length >= length) return true;
    const parts = [this.#held];
    let held = this.#held.length;
    while (held < length) {
      const next = await this.#input.next();
      if (next.done === true) break;
      parts.push(next.value);
      held += next.value.length;
    }
    const only = parts.length === 2 && this.#held.length === 0 ? parts[1] : undefined;
    this.#held = only ?? Buffer.concat(parts, held);
    return held >= length;
  }

  #take(length: number): Uint8Array {
    const piece = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    this.#position += length;
    return piece;
  }
}
