import { lineSplitter } from './line-splitter.ts';

const longestLine = 4096;
const mostLines = 10_000;

/**
 * The lines a guest wrote to a console, oldest first; numbered from 0, so that a reader can go on where it was.
 * Bounded: of a flood the newest 10,000 lines stay, each cut at 4096 bytes. Bytes are Latin-1, control characters "·".
 */
export class LineLog {
  #lines: string[] = [];
  #dropped = 0;
  readonly #listeners = new Set<() => void>();
  readonly #splitter = lineSplitter(longestLine, 'cut', (line) => this.#add(printable(line)));

  push(chunk: Uint8Array): void {
    const before = this.length;
    this.#splitter.push(chunk);
    if (this.length !== before) for (const listener of this.#listeners) listener();
  }

  /** The number of the next line. */
  get length(): number {
    return this.#dropped + this.#lines.length;
  }

  /** The lines from number `from` on that are still held. */
  since(from: number): { readonly number: number; readonly text: string }[] {
    const start = Math.max(0, from - this.#dropped);
    return this.#lines.slice(start).map((text, index) => ({ number: this.#dropped + start + index, text }));
  }

  /** All lines held, and the one that has not ended yet. */
  all(): string[] {
    const rest = printable(this.#splitter.rest());
    return rest === '' ? [...this.#lines] : [...this.#lines, rest];
  }

  /** Calls `listener` after new lines; the result ends that. */
  onLines(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length <= 2 * mostLines) return;
    const surplus = this.#lines.length - mostLines;
    this.#lines = this.#lines.slice(surplus);
    this.#dropped += surplus;
  }
}

function printable(bytes: Buffer): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is replaced
  return bytes.toString('latin1').replace(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, '·');
}
