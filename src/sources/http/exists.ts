import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { requestFailure } from './http-failure.ts';

/** In milliseconds, for the answer to a HEAD request. */
const patience = 20_000;

/**
 * Asks whether there is a file at an address, and fetches nothing of it.
 * @throws Failure 'fetch-failed' when no answer says so
 */
export async function isThere(url: string, signal?: AbortSignal): Promise<boolean> {
  if (/^(file|copy):/.test(url)) return existsSync(fileURLToPath(url.replace(/^copy:/, 'file:')));
  const [{ got }, { proxyAgents }] = await Promise.all([import('got'), import('./proxy-agents.ts')]);
  try {
    const { statusCode } = await got.head(url, {
      headers: { 'user-agent': 'cidermill' },
      agent: proxyAgents(url),
      throwHttpErrors: false,
      retry: { limit: 2 },
      timeout: { request: patience },
      ...(signal === undefined ? {} : { signal }),
    });
    if (statusCode < 300) return true;
    if ([403, 404, 410].includes(statusCode)) return false;
    throw new Error(`it answers ${statusCode}`);
  } catch (error) {
    signal?.throwIfAborted();
    throw requestFailure(url, error);
  }
}
