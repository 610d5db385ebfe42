import { readFileSync } from 'node:fs';
import { Failure } from '../../base/index.ts';

/** Where a team's Redis is, and who asks. */
export interface RedisAddress {
  /** For messages: without a password. */
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly user?: string;
  /** Never shown. */
  readonly password?: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

const variable = 'CIDERMILL_WORKERS_PASSWORD';

/**
 * Reads an address such as rediss://worker@redis.example.org:6379. The password is the environment's: whoever lists the
 * processes of a machine sees their arguments.
 * @throws Failure 'usage' when the text is no such address, when it holds a password, or when a password would be sent
 *   without TLS to another machine
 */
export function readAddress(text: string, env: Environment = process.env): RedisAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '')
    throw new Failure('usage', 'the address of the workers is not a redis:// or rediss:// URL', {
      hint: 'Such as rediss://coordinator@redis.example.org:6379 (docs/workers.md).',
    });
  if (url.password !== '')
    throw new Failure('usage', 'the address of the workers holds a password, which other users can see', {
      hint: `Give it in ${variable}, or the name of a file with it in ${variable}_FILE.`,
    });
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '')
    throw new Failure('usage', 'the address of the workers has more than a user, a host and a port');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const tls = url.protocol === 'rediss:';
  const password = passwordOf(env);
  const name = `${url.protocol}//${url.host}`;
  if (!isLoopback(host)) {
    if (password === undefined)
      throw new Failure('usage', `${name} is not this machine, and there is no password for it`, {
        hint: `Set ${variable} or ${variable}_FILE. Without a password only a Redis on this machine is used.`,
      });
    if (!tls)
      throw new Failure('usage', `${name} is not this machine: the password would go there in the clear`, {
        hint: 'Use rediss://.',
      });
  }
  return {
    ...{ name, host, tls },
    port: url.port === '' ? 6379 : Number(url.port),
    ...(url.username === '' ? {} : { user: decodeURIComponent(url.username) }),
    ...(password === undefined ? {} : { password }),
  };
}

/** @throws Failure 'no-file' */
function passwordOf(env: Environment): string | undefined {
  const file = env[`${variable}_FILE`] ?? '';
  if (file === '') return env[variable] === '' ? undefined : env[variable];
  try {
    return readFileSync(file, 'utf8').trimEnd();
  } catch {
    throw new Failure('no-file', `the file that ${variable}_FILE names cannot be read: ${file}`);
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}
