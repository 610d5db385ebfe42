import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { netrcLogin } from './netrc.ts';

/** What is sent to prove who asks, or why nothing is. */
export interface Authorization {
  /** The value of the Authorization header. Never shown. */
  readonly header?: string;
  /** A sentence, where there are credentials that are not sent. */
  readonly withheld?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Finds the credentials for a cache: CIDERMILL_CACHE_TOKEN, else those of its host in ~/.netrc (or in $NETRC).
 * A token goes only to the address that the same environment names: a project may name any.
 * @param named the address is the environment's, not the project's
 */
export function authorizationOf(url: string, env: Environment, named: boolean): Authorization {
  const token = env['CIDERMILL_CACHE_TOKEN'] ?? '';
  const { hostname, protocol } = new URL(url);
  const login = netrcOf(env, hostname);
  const header =
    token !== '' && named
      ? `Bearer ${token}`
      : login === undefined
        ? undefined
        : `Basic ${Buffer.from(`${login.login}:${login.password}`).toString('base64')}`;
  if (header !== undefined && protocol === 'http:' && !isLoopback(hostname))
    return { withheld: `The credentials for ${hostname} are not sent: its address is http, not https.` };
  if (header !== undefined) return { header };
  if (token === '') return {};
  return {
    withheld: 'CIDERMILL_CACHE_TOKEN is not sent: the address of the cache is not that of CIDERMILL_CACHE.',
  };
}

function netrcOf(env: Environment, hostname: string): ReturnType<typeof netrcLogin> {
  try {
    return netrcLogin(readFileSync(env['NETRC'] ?? join(homedir(), '.netrc'), 'utf8'), hostname);
  } catch {
    return undefined;
  }
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
