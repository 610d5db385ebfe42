import type { IncomingMessage } from 'node:http';
import { Failure } from '../../base/index.ts';
import { proxyOf } from './proxy.ts';

/** An address without the user's name and password in it, also where it cannot be parsed. */
export function shownUrl(url: string): string {
  if (!URL.canParse(url)) return url.replace(/^([a-z][a-z0-9+.-]*:\/*)?[^/\s]*@/i, '$1');
  const parsed = new URL(url);
  parsed.username = '';
  parsed.password = '';
  return parsed.href;
}

const temporaryStatus = new Set([408, 416, 425, 429, 500, 502, 503, 504]);

/** What an answer that does not hold the file means. 416: what we had was longer than the file; it is gone, so ask again. */
export function responseFailure(url: string, response: IncomingMessage): Failure {
  const status = response.statusCode ?? 0;
  const reason = response.statusMessage === '' ? '' : ` ${response.statusMessage ?? ''}`;
  return new Failure('fetch-failed', `${shownUrl(url)} answers ${status}${reason}`, {
    temporary: temporaryStatus.has(status),
    cause: { headers: response.headers },
  });
}

/** got's and the system's codes that another attempt will not mend. */
const lasting = new Set([
  'ERR_TOO_MANY_REDIRECTS',
  'ERR_UNSUPPORTED_PROTOCOL',
  'ERR_INVALID_URL',
  'ENOSPC',
  'EDQUOT',
  'EACCES',
  'EROFS',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);

export function requestFailure(url: string, error: unknown): Failure {
  if (error instanceof Failure) return error;
  const { code = '', message, cause } = error as NodeJS.ErrnoException;
  if (cause instanceof Failure) return cause;
  const proxy = proxyOf(url);
  const through = proxy === '' ? '' : ` through the proxy ${shownUrl(proxy)}`;
  return new Failure('fetch-failed', `${shownUrl(url)} could not be fetched${through}: ${message}`, {
    temporary: !lasting.has(code),
    cause: error,
  });
}
