import { basename } from 'node:path';
import type { Transferable, Worker } from 'node:worker_threads';
import { errorOf, type Fault } from './fault.ts';
import { startWorker } from './worker-start.ts';

/** Worker threads that all do the same kind of job. */
export interface Pool<Job, Result> {
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
export function startPool<Job, Result>(entry: URL, threads: number, workerData: unknown): Pool<Job, Result> {
  const members = Array.from({ length: threads }, () => {
    const member = { worker: startWorker(entry, workerData), waiting: [] as Waiting<Result>[] };
    const fail = (error: Error): void => {
      for (const each of member.waiting.splice(0)) each.reject(error);
    };
    member.worker.on('message', (answer: Answer<Result>) => {
      const first = member.waiting.shift();
      if ('fault' in answer) first?.reject(errorOf(answer.fault));
      else first?.resolve(answer.result);
    });
    member.worker.on('error', fail);
    member.worker.on('exit', (code) =>
      fail(new Error(`a thread of ${basename(entry.pathname)} ended with code ${code}`)),
    );
    return member;
  });
  return {
    threads,
    run: (job, transfer = []) => {
      const member = members.reduce((least, each) =>
        each.waiting.length < least.waiting.length ? each : least,
      );
      return new Promise<Result>((resolve, reject) => {
        member.waiting.push({ resolve, reject });
        member.worker.postMessage(job, transfer);
      });
    },
    close: async () => {
      await Promise.all(members.map(({ worker }: { worker: Worker }) => worker.terminate()));
    },
  };
}
