import type { Redis } from 'ioredis';
import type { Sha256 } from '../../base/index.ts';
import { names } from './names.ts';

/** How long a run counts as living that is not heard of any more, in seconds, and how often it is heard, in milliseconds. */
export const runLifetime = 30;
export const runHeartbeat = 5000;

/** What is wanted is forgotten after a week that nobody asked in. */
const longestWanted = 7 * 24 * 3600;

/** Says that a run lives. */
export async function keepRun(redis: Redis, run: string): Promise<void> {
  await redis.set(names.run(run), '1', 'EX', runLifetime);
}

export async function want(redis: Redis, key: Sha256, run: string): Promise<void> {
  await redis.pipeline().sadd(names.wanted(key), run).expire(names.wanted(key), longestWanted).exec();
}

/** Says that a run does not want these any more: who makes one that nobody else wants stops. */
export async function drop(redis: Redis, keys: readonly Sha256[], run: string): Promise<void> {
  if (keys.length === 0) return;
  const pipeline = redis.pipeline();
  for (const key of keys) pipeline.srem(names.wanted(key), run);
  pipeline.publish(names.dropped, JSON.stringify(keys));
  await pipeline.exec();
}

/** Does a run that lives want it? */
export async function isWanted(redis: Redis, key: Sha256): Promise<boolean> {
  const runs = await redis.smembers(names.wanted(key));
  return runs.length > 0 && (await redis.exists(...runs.map((run) => names.run(run)))) > 0;
}
