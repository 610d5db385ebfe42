import type { Job as QueuedJob } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Sha256 } from '../../base/index.ts';
import { isWanted } from '../redis/interest.ts';
import { locks, renewal } from '../redis/queues.ts';

/** A worker that has heard nothing from Redis for so long ends its steps, in milliseconds: nobody could stop them. */
const longestSilence = 60_000;
/** How often is asked whether a job is still wanted, in milliseconds. */
const wantedInterval = 5000;

/**
 * Says again and again that a job is being made, and ends it when nobody wants it any more.
 * @param controller of the making
 */
export function keepJob(
  redis: Redis,
  queued: QueuedJob,
  token: string,
  controller: AbortController,
): NodeJS.Timeout {
  let heard = performance.now();
  let asked = heard;
  let waiting = false;
  const renew = async (): Promise<void> => {
    waiting = true;
    try {
      // Where the lock is lost, another worker makes it too: the cache compares what both have made.
      await queued.extendLock(token, locks.lockDuration).catch(() => undefined);
      if (performance.now() - asked >= wantedInterval) {
        asked = performance.now();
        await endUnwanted(redis, queued.id as Sha256, controller);
      }
      heard = performance.now();
    } finally {
      waiting = false;
    }
  };
  return setInterval(() => {
    if (!waiting) void renew().catch(() => undefined);
    else if (performance.now() - heard > longestSilence) controller.abort();
  }, renewal);
}

/** Ends the making of what no run wants. */
export async function endUnwanted(redis: Redis, key: Sha256, controller: AbortController): Promise<void> {
  if (!(await isWanted(redis, key))) controller.abort();
}
