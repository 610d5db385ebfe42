import { parentPort, type Transferable } from 'node:worker_threads';
import { faultOf } from './fault.ts';
import type { Answer } from './worker-pool.ts';

/**
 * A thread's side of a pool: answers jobs in their order, one at a time.
 * @param work on a job as the pool's `run` was given it
 * @param transfer the result's buffers to hand over
 */
export function serve<Result>(
  work: (job: never) => Promise<Result> | Result,
  transfer: (result: Result) => readonly Transferable[] = () => [],
): void {
  const answer = async (job: unknown): Promise<void> => {
    try {
      const result = await work(job as never);
      parentPort?.postMessage({ result } satisfies Answer<Result>, transfer(result));
    } catch (error) {
      parentPort?.postMessage({ fault: faultOf(error) } satisfies Answer<Result>);
    }
  };
  let last = Promise.resolve();
  parentPort?.on('message', (job: unknown) => {
    // A job waits for the one before: one at a time in memory.
    last = last.then(() => answer(job));
  });
}
