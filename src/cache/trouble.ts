import { Failure } from '../base/index.ts';

/** The server cannot be used, for now or at all: it is gone, hangs, is full, or refuses. Its message names the server. */
export class CacheTrouble extends Failure {
  constructor(message: string, hint?: string) {
    super('cache-trouble', message, { hint, temporary: true });
  }
}

/** That a cache answered what it should not. */
export function refusal(server: string, method: string, path: string, status: number): CacheTrouble {
  const why = meanings[status];
  const words = why === undefined ? '' : ` (${why})`;
  const hint =
    status === 401 || status === 403
      ? 'Credentials are those of ~/.netrc, or of CIDERMILL_CACHE_TOKEN (docs/cache.md).'
      : undefined;
  return new CacheTrouble(
    `${server} answers ${status}${words} to ${method} ${path.replace(/[0-9a-f]{52}$/, '…')}`,
    hint,
  );
}

/** A body that is longer than what it should hold. */
export class TooLong extends Error {}

const meanings: Readonly<Record<number, string>> = {
  401: 'unauthorized',
  403: 'forbidden',
  413: 'too large',
  500: 'internal error',
  503: 'unavailable',
  507: 'full',
};
