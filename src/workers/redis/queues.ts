import { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import { names, prefix } from './names.ts';

/** How long a worker that is not heard of keeps its job, and how often is looked for such ones, in milliseconds. */
const lockDuration = 7000;
const stalledInterval = 2500;
/** How often a worker says that it still makes a job, in milliseconds. */
export const renewal = 1500;
/** How many workers may be lost in the making of one step. */
export const mostLost = 3;
/** What became of a job is kept that long, in seconds, for coordinators that missed it. */
const keepOutcome = 60;

export const locks = { lockDuration } as const;

/** The side of a queue that jobs are taken from; nothing is taken by itself. */
export function openTaking(redis: Redis, name: string, worker: string): Worker {
  const taking = new Worker(name, null, {
    ...{ connection: redis, prefix, name: worker, autorun: false, lockDuration, stalledInterval },
    maxStalledCount: mostLost - 1,
    removeOnComplete: { age: keepOutcome },
    removeOnFail: { age: keepOutcome },
    skipVersionCheck: true,
  });
  // The connection's own trouble is told where it is made.
  taking.on('error', () => undefined);
  return taking;
}

/**
 * Gives jobs back to a queue whose worker is not heard of any more. Workers do so for each other; a coordinator does it for
 * the last one.
 */
export async function watchForLost(redis: Redis, name: string): Promise<Worker> {
  const watching = openTaking(redis, name, 'coordinator');
  await watching.startStalledCheckTimer();
  return watching;
}

/** The side of a queue that jobs are put into. */
export function openGiving(redis: Redis, name: string): Queue {
  const giving = new Queue(name, {
    ...{ connection: redis, prefix, skipVersionCheck: true },
    // Nobody reads BullMQ's own events.
    streams: { events: { maxLen: 100 } },
  });
  giving.on('error', () => undefined);
  return giving;
}

/** The hash of a job in Redis. */
export function jobPath(queue: string, id: string): string {
  return `${prefix}:${queue}:${id}`;
}

/** Queues that had a job within that many days are served. */
const remembered = 30;

/** Tells workers of a queue. */
export async function noteQueue(redis: Redis, name: string): Promise<void> {
  const now = Math.floor(Date.now() / 1000);
  await redis
    .pipeline()
    .zadd(names.queues, String(now), name)
    .zremrangebyscore(names.queues, '-inf', now - remembered * 24 * 3600)
    .exec();
}

export async function listQueues(redis: Redis): Promise<string[]> {
  return redis.zrange(names.queues, '0', '-1');
}
