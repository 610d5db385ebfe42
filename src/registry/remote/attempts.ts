import { setTimeout as wait } from 'node:timers/promises';
import { Failure } from '../../base/index.ts';

/** Milliseconds before the second, third and fourth attempt, where the server does not say. */
const usualPauses = [500, 1500, 4000];
/** In milliseconds; a server that asks for more is asked again later by the user. */
const longestPause = 120_000;

export interface AttemptOptions {
  readonly signal?: AbortSignal | undefined;
  readonly pauses?: readonly number[];
}

/** What an answer said of when to ask again; the cause of a Failure. */
export class RetryAfter {
  /** In milliseconds; 0 where nothing was said. */
  readonly pause: number;

  /** @param header of the answer: seconds, or a date (RFC 9110, 10.2.3) */
  constructor(header: string | undefined) {
    const seconds = /^\s*\d{1,9}\s*$/.test(header ?? '')
      ? Number(header)
      : (Date.parse(header ?? '') - Date.now()) / 1000;
    this.pause = Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : 0;
  }
}

/** Does something again while it fails for a time: four times in all, with pauses, as long as the server asks for. */
export async function attempt<T>(
  act: () => Promise<T>,
  { signal, pauses = usualPauses }: AttemptOptions,
): Promise<T> {
  for (let count = 0; ; count++) {
    signal?.throwIfAborted();
    try {
      return await act();
    } catch (error) {
      signal?.throwIfAborted();
      const pause = pauses[count];
      if (!(error instanceof Failure) || !error.temporary || pause === undefined) throw error;
      const asked = error.cause instanceof RetryAfter ? error.cause.pause : 0;
      if (asked > longestPause) throw error;
      await wait(Math.max(pause, asked), undefined, { signal });
    }
  }
}
