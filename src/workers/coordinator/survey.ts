import type { Redis } from 'ioredis';
import { isRecord } from '../../base/index.ts';
import { names, prefix } from '../redis/names.ts';
import { canServe, listWorkers, type Presence } from '../redis/presence.ts';
import { listQueues } from '../redis/queues.ts';
import { lackText } from './watch-workers.ts';

/** A queue as it is now. */
export interface QueueState {
  readonly queue: string;
  readonly waiting: number;
  readonly running: number;
  /** Why nobody takes its jobs, as a sentence. */
  readonly lack?: string;
}

/** Two results of one key that differ. */
export interface Doubt {
  readonly key: string;
  readonly worker: string;
  readonly time: number;
  readonly differs: readonly { readonly output: string; readonly here: string; readonly there: string }[];
}

/** Who is there, and what they have to do. */
export interface Survey {
  readonly workers: readonly Presence[];
  readonly queues: readonly QueueState[];
  readonly doubts: readonly Doubt[];
}

export async function survey(redis: Redis): Promise<Survey> {
  const workers = await listWorkers(redis);
  const queues: QueueState[] = [];
  for (const queue of await listQueues(redis)) {
    const [waiting, running] = await Promise.all([
      redis.llen(`${prefix}:${queue}:wait`),
      redis.llen(`${prefix}:${queue}:active`),
    ]);
    const served = workers.some((worker) => canServe(worker, queue));
    if (waiting + running === 0) continue;
    queues.push({
      ...{ queue, waiting, running },
      ...(served || waiting === 0 ? {} : { lack: lackText(queue, waiting, workers) }),
    });
  }
  const doubts = await redis.lrange(names.doubts, '0', '9');
  return { workers, queues, doubts: doubts.flatMap((text) => readDoubt(text) ?? []) };
}

function readDoubt(text: string): Doubt | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    const sound = isRecord(value) && typeof value['key'] === 'string' && Array.isArray(value['differs']);
    return sound ? (value as unknown as Doubt) : undefined;
  } catch {
    return undefined;
  }
}
