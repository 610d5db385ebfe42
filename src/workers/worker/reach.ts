/** How often the cache is asked for a sign of life, in milliseconds: while jobs are made, and while it gives none. */
const interval = 3000;
const lostInterval = 1000;

/**
 * Whether the team's cache answers this machine. It is asked while jobs are made; once it does not answer, until it does.
 */
export class Reach {
  readonly #ask: () => Promise<string | undefined>;
  readonly #listeners: ((fault: string | undefined) => void)[] = [];
  #waiting: (() => void)[] = [];
  /** When it was first asked in vain, in the process's time. */
  #lost: number | undefined;
  #jobs = 0;
  #timer: NodeJS.Timeout | undefined;
  #asking: Promise<boolean> | undefined;
  #closed = false;

  /** @param ask gives why the cache cannot be used, as a sentence; undefined when it can */
  constructor(ask: () => Promise<string | undefined>) {
    this.#ask = ask;
  }

  /** For how many milliseconds it has not answered; 0 when it answered last. */
  get silence(): number {
    return this.#lost === undefined ? 0 : performance.now() - this.#lost;
  }

  /** @param listener told why it cannot be used, when it stops answering; undefined when it answers again */
  onChange(listener: (fault: string | undefined) => void): void {
    this.#listeners.push(listener);
  }

  /** Watches the cache while a job is made. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#jobs += 1;
    if (this.#asking === undefined) this.#askLater();
    try {
      return await work();
    } finally {
      this.#jobs -= 1;
    }
  }

  /** Asks now. @returns does it answer? */
  async now(): Promise<boolean> {
    return (this.#asking ??= this.#look().finally(() => {
      this.#asking = undefined;
      this.#askLater();
    }));
  }

  /** Resolves when it answers. */
  async back(): Promise<void> {
    if (this.#lost === undefined) return;
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<boolean> {
    const asked = performance.now();
    const fault = await this.#ask();
    const answers = fault === undefined;
    if (answers === (this.#lost === undefined)) return answers;
    this.#lost = answers ? undefined : asked;
    for (const tell of this.#listeners) tell(fault);
    if (!answers) return false;
    for (const resolve of this.#waiting) resolve();
    this.#waiting = [];
    return true;
  }

  #askLater(): void {
    clearTimeout(this.#timer);
    const isLost = this.#lost !== undefined;
    if (this.#closed || (!isLost && this.#jobs === 0)) return;
    this.#timer = setTimeout(() => void this.now().catch(() => undefined), isLost ? lostInterval : interval);
  }
}
