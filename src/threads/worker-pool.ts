import { basename } from 'node:path';
import type { Transferable, Worker } from 'node:worker_threads';
import { errorOf, type Fault } from './fault.ts';
import { startWorker } from './worker-start.ts';

/** Worker threads that all do the same kind of job. */
export interface WorkerPool<Job, Result> {
  readonly threads: number;
  /**
   * Gives a job to the thread that has the fewest; a thread does its jobs in order.
   * @param transfer buffers of the job that the thread takes over
   */
  run(job: Job, transfer?: readonly Transferable[]): Promise<Result>;
  /** Ends the threads, and resolves when they are gone. Jobs that are not done fail. */
  close(): Promise<void>;
}

/** What a thread answers to a job. */
export type Answer<Result> = { readonly result: Result } | { readonly fault: Fault };

interface Waiting<Result> {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Starts threads that answer by `serve`.
 * @param entry the threads' module, `new URL('./NAME.ts', import.meta.url)`
 * @param workerData what every thread is given at its start
 */
export function startWorkerPool<Job, Result>(
  entry: URL,
  threads: number,
  workerData: unknown,
): WorkerPool<Job, Result> {
  return poolOf(
    basename(entry.pathname),
    Array.from({ length: threads }, () => startWorker(entry, workerData)),
  );
}

/** A pool of threads that have been started. @param name what they are called in errors */
export function poolOf<Job, Result>(name: string, workers: readonly Worker[]): WorkerPool<Job, Result> {
  const members = workers.map((worker) => {
    const member = { worker, waiting: [] as Waiting<Result>[], ended: undefined as Error | undefined };
    const fail = (error: Error): void => {
      member.ended ??= error;
      for (const each of member.waiting.splice(0)) each.reject(error);
    };
    worker.on('message', (answer: Answer<Result>) => {
      const first = member.waiting.shift();
      if ('fault' in answer) first?.reject(errorOf(answer.fault));
      else first?.resolve(answer.result);
    });
    worker.on('error', fail);
    worker.on('exit', (code) => fail(new Error(`a thread of ${name} ended with code ${code}`)));
    return member;
  });
  return {
    threads: members.length,
    run: async (job, transfer = []) => {
      // A thread that has ended would never answer.
      const [first, ...others] = members.filter(({ ended }) => ended === undefined);
      if (first === undefined) throw members[0]?.ended ?? new Error(`${name} has no thread`);
      const member = others.reduce(
        (least, each) => (each.waiting.length < least.waiting.length ? each : least),
        first,
      );
      return new Promise<Result>((resolve, reject) => {
        member.waiting.push({ resolve, reject });
        member.worker.postMessage(job, transfer);
      });
    },
    close: async () => {
      await Promise.all(members.map(({ worker }) => worker.terminate()));
    },
  };
}
