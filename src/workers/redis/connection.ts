import { isIP } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { Failure } from '../../base/index.ts';
import type { RedisAddress } from './address.ts';

/** Until the first answer, in milliseconds. */
const patience = 10_000;
/** Between two tries to reach it again, in milliseconds. */
const betweenTries = 500;
/** Of a connection that says nothing, in milliseconds: it is taken for dead. */
const silence = 10_000;

/**
 * Connects to Redis. Once connected it is reached again by itself, for ever, and commands wait for that.
 * @throws Failure 'no-redis' when it does not answer, or refuses
 */
export async function connect(address: RedisAddress): Promise<Redis> {
  const redis = open(address);
  let last: Error | undefined;
  redis.on('error', (error: Error) => {
    last = error;
  });
  const answer = redis.ping().then(
    () => undefined,
    (error: unknown) => error as Error,
  );
  const late = new AbortController();
  const refused = waitForRefusal(redis, late.signal);
  const fault = await Promise.race([
    answer,
    refused,
    pause(patience, 'late' as const, { signal: late.signal }).catch(() => undefined),
  ]);
  late.abort();
  if (fault === undefined) return redis;
  redis.disconnect();
  answer.catch(() => undefined);
  const why = fault === 'late' ? (last?.message ?? 'no answer') : fault.message;
  throw new Failure('no-redis', `${address.name} cannot be used: ${why || 'no answer'}`, {
    hint: 'docs/workers.md says how Redis is set up.',
    temporary: true,
  });
}

function open({ host, port, tls, user, password }: RedisAddress): Redis {
  return new Redis({
    ...{ host, port },
    ...(user === undefined ? {} : { username: user }),
    ...(password === undefined ? {} : { password }),
    // An address has no name to ask for; its certificate names it all the same.
    ...(tls ? { tls: isIP(host) === 0 ? { servername: host } : {} } : {}),
    connectionName: 'cidermill',
    connectTimeout: 5000,
    keepAlive: silence,
    maxRetriesPerRequest: null,
    retryStrategy: () => betweenTries,
  });
}

/** What is refused once is refused again: a password, a name that nobody has. */
function waitForRefusal(redis: Redis, signal: AbortSignal): Promise<Error> {
  return new Promise((resolve) => {
    const hear = (error: Error & { code?: string }): void => {
      const final = /WRONGPASS|NOAUTH|NOPERM|certificate|self-signed|altnames/i.test(error.message);
      if (final || error.code === 'ENOTFOUND' || error.code === 'ECONNREFUSED') resolve(error);
    };
    redis.on('error', hear);
    signal.addEventListener('abort', () => void redis.off('error', hear));
  });
}
