import { lineSplitter } from './line-splitter.ts';

const longestLine = 4096;
const mostLines = 10_000;

/** A terminal's control sequences (ECMA-48, 5.4): cursor, colours, clearing. */
// eslint-disable-next-line no-control-regex -- they begin with a control character
const sequences = /\x1b\[[0-?]*[ -/]*[@-~]/g;
// eslint-disable-next-line no-control-regex -- control characters are what is replaced
const controls = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;

/**
 * The lines a guest wrote to a console, oldest first; numbered from 0, so that a reader can go on where it was.
 * Bounded: of a flood the newest 10,000 lines stay, each cut at 4096 bytes. Bytes are Latin-1, control characters "·".
 */
export class LineLog {
  #lines: string[] = [];
  #dropped = 0;
  readonly #listeners = new Set<() => void>();
  readonly #splitter = lineSplitter(longestLine, 'cut', (line) => this.#add(this.#printable(line)));
  readonly #isTerminal: boolean;

  /** @param isTerminal does the guest take its console for a terminal? The control sequences for one are left out. */
  constructor({ isTerminal = false }: { readonly isTerminal?: boolean } = {}) {
    this.#isTerminal = isTerminal;
  }

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
    const rest = this.#printable(this.#splitter.rest());
    return rest === '' ? [...this.#lines] : [...this.#lines, rest];
  }

  /** Calls `listener` after new lines; the result ends that. */
  onLines(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #printable(bytes: Buffer): string {
    const text = bytes.toString('latin1');
    return (this.#isTerminal ? text.replace(sequences, '') : text).replace(controls, '·');
  }

  #add(line: string): void {
    this.#lines.push(line);
    if (this.#lines.length <= 2 * mostLines) return;
    const surplus = this.#lines.length - mostLines;
    this.#lines = this.#lines.slice(surplus);
    this.#dropped += surplus;
  }
}
