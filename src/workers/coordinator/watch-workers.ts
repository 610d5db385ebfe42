import type { Redis } from 'ioredis';
import { needsText, readQueueName } from '../redis/names.ts';
import { canServe, listWorkers, type Presence } from '../redis/presence.ts';
import type { Waits } from './waits.ts';

/** How often is looked who is there, in milliseconds. */
const interval = 1000;

/** Tells once, until that changes, of jobs that no living worker can make. */
export function watchForWorkers(
  redis: Redis,
  waits: Pick<Waits, 'counts'>,
  tell: (message: string) => void,
): NodeJS.Timeout {
  let told = new Map<string, string>();
  let first = new Set<string>();
  const look = async (): Promise<void> => {
    const counts = waits.counts();
    if (counts.size === 0) return;
    const workers = await listWorkers(redis);
    const now = new Map<string, string>();
    const lacking = new Set<string>();
    for (const [queue, count] of counts) {
      if (workers.some((worker) => canServe(worker, queue))) continue;
      lacking.add(queue);
      // A worker that has just been started may not be there yet.
      if (first.has(queue)) now.set(queue, lackText(queue, count, workers));
    }
    for (const [queue, text] of now) if (told.get(queue) !== text) tell(text);
    told = now;
    first = lacking;
  };
  return setInterval(() => void look().catch(() => undefined), interval);
}

/** A sentence on jobs that wait in vain. */
export function lackText(queue: string, count: number, workers: readonly Presence[]): string {
  const wait = count === 1 ? '1 step waits' : `${count} steps wait`;
  const wish = readQueueName(queue);
  const needs = wish === undefined ? '' : needsText(wish.needs);
  if (wish === undefined || workers.length === 0) return `no live worker: ${wait}`;
  const same = workers.filter(
    ({ jobs, protocol, platform }) =>
      wish.jobs === jobs && wish.protocol === protocol && wish.platform === platform,
  );
  if (same.length === 0) return `no live worker for ${wish.platform} and this version: ${wait}`;
  if (wish.build !== undefined && !same.some(({ build }) => build === wish.build))
    return `no live worker with this build of cidermill, ${wish.build}: ${wait}`;
  if (wish.on !== undefined && !same.some(({ worker }) => worker === wish.on))
    return `the worker ${wish.on} is not there: ${wait}`;
  if (!same.some(({ cache }) => cache)) return `no live worker reaches the shared cache: ${wait}`;
  return `no live worker for ${needs}: ${wait}`;
}
