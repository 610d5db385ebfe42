import { statSync } from 'node:fs';
import { isAborted } from '../../base/index.ts';
import type { SharedCache } from '../../cache/index.ts';
import { blobPath, DamagedBlob, type ActionResult, type Store } from '../../store/index.ts';
import type { Job } from '../job/job.ts';
import type { Difference, Outcome } from '../job/outcome.ts';
import { differences } from './differences.ts';
import { briefPatience, openBriefCache, type CacheAccess } from './job-cache.ts';
import type { Reach } from './reach.ts';

/** What a delivery is made with. */
export interface Delivery extends CacheAccess {
  readonly name: string;
  readonly reach: Reach;
}

/** A result on its way to the cache. */
export interface Made {
  readonly job: Job;
  readonly result: ActionResult;
  /** there: it was in the worker's store already. */
  readonly how: 'made' | 'there';
}

/**
 * Sends a result, unless another machine was faster: then the cache keeps that one's. It gives up within seconds, so that
 * another worker can begin.
 * @returns 'done' or 'undelivered'
 */
export async function deliver(use: Delivery, made: Made, signal: AbortSignal): Promise<Outcome> {
  const { name: worker, reach, store } = use;
  const undelivered = (why: string | undefined): Outcome => {
    const message = 'what was made could not be sent to the shared cache';
    return { kind: 'undelivered', worker, message: why === undefined ? message : `${message}: ${why}` };
  };
  if (reach.silence >= briefPatience && !(await reach.now()))
    return undelivered(`it has not answered for ${Math.round(reach.silence / 1000)} s`);
  const { cache, trouble } = openBriefCache(use, signal, reach.silence);
  const differs = await send(store, cache, made);
  return differs === undefined ? undelivered(trouble()) : { kind: 'done', worker, how: made.how, differs };
}

/**
 * Sends a result as soon as the cache answers again: no work is lost when it was away for all.
 * @param tell told of its end, where it came to one
 */
export async function deliverLater(
  use: Delivery,
  made: Made,
  signal: AbortSignal,
  tell: (outcome: Outcome) => void,
): Promise<void> {
  for (;;) {
    await use.reach.back();
    if (isAborted(signal)) return;
    try {
      const outcome = await deliver(use, made, signal);
      if (outcome.kind === 'done') tell(outcome);
      // It answers, and does not take it.
      if (outcome.kind === 'done' || (await use.reach.now())) return;
    } catch (error) {
      if (isAborted(signal) || error instanceof DamagedBlob) return;
      throw error;
    }
  }
}

/** @returns how it differs from what the cache had; undefined when it could not be sent */
async function send(
  store: Store,
  cache: SharedCache,
  { job: { key, action, varies }, result }: Made,
): Promise<readonly Difference[] | undefined> {
  const before = await cache.find(key, action);
  if (before !== undefined) return differences(result, before, varies);
  await cache.send(result, { digest: result.log, size: statSync(blobPath(store, result.log)).size }, []);
  cache.forget(key);
  return (await cache.find(key, action)) === undefined ? undefined : [];
}
