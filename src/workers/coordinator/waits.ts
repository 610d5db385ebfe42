import { setTimeout as pause } from 'node:timers/promises';
import type { Queue, Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Sha256 } from '../../base/index.ts';
import { drop, want } from '../redis/interest.ts';
import { encodeJob, type Job } from '../job/job.ts';
import { names } from '../redis/names.ts';
import { readOutcome, readTold, type Outcome, type Told } from '../job/outcome.ts';
import { jobPath, noteQueue, openGiving, watchForLost } from '../redis/queues.ts';

/** How a wait for a job ended. lost: by the queue's count too many workers died. gone: the queue has forgotten it. */
export type End = Outcome | { readonly kind: 'lost' } | { readonly kind: 'gone' };

interface OpenQueue {
  readonly giving: Queue;
  readonly watching: Worker;
}

interface Wait {
  readonly queue: string;
  readonly onTold: (told: Told) => void;
  readonly end: (end: End) => void;
  readonly fail: (error: unknown) => void;
  /** Until then the queue may have what became of it before. */
  isQueued: boolean;
}

/** How often is looked at the jobs that are waited for, in milliseconds: what was told may not have been heard. */
const lookInterval = 2000;
/** Workers are told what is not wanted any more for so long at the most, in milliseconds. */
const longestClosing = 2000;
/** How many are told or asked of in one go. */
const atOnce = 500;
/** How many are looked at in a second at the most. */
const mostLooks = 1000;

/** A coordinator's jobs, from their queueing to their end. */
export class Waits {
  readonly #redis: Redis;
  readonly #told: Redis;
  readonly #run: string;
  readonly #onLate: (key: Sha256, outcome: Outcome) => void;
  readonly #waits = new Map<Sha256, Wait>();
  readonly #queues = new Map<string, Promise<OpenQueue>>();
  /** Waits whose job was not there when it was last looked for. */
  readonly #missing = new WeakSet<Wait>();
  /** What was made for this run. */
  readonly #made = new Set<Sha256>();
  /** What is being told of jobs that are not waited for any more. */
  readonly #leaving = new Set<Promise<unknown>>();
  /** Queues whose workers are to be woken. */
  readonly #given = new Set<string>();
  #looking: NodeJS.Timeout | undefined;
  #waking: NodeJS.Timeout | undefined;

  /**
   * @param told a connection of its own, for what is told
   * @param onLate told of a job that had ended before: another worker has made it too
   */
  constructor(redis: Redis, told: Redis, run: string, onLate: (key: Sha256, outcome: Outcome) => void) {
    this.#redis = redis;
    this.#onLate = onLate;
    this.#told = told;
    this.#run = run;
    told.on('message', (channel: string, text: string) => this.#hear(channel, text));
    this.#lookLater();
  }

  /** Queue → how many jobs are waited for. */
  counts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { queue } of this.#waits.values()) counts.set(queue, (counts.get(queue) ?? 0) + 1);
    return counts;
  }

  /**
   * Queues a job, unless it is queued, and waits for its end.
   * @param before it is queued, so long is waited for an end that may be told of without; milliseconds
   */
  async make(queue: string, job: Job, onTold: (told: Told) => void, before = 0): Promise<End> {
    const { key } = job;
    let wait: Wait | undefined;
    const ended = new Promise<End>((end, fail) => {
      wait = { queue, onTold, end, fail, isQueued: false };
      this.#waits.set(key, wait);
    });
    // It may fail before it is waited for.
    ended.catch(() => undefined);
    let isDone = false;
    try {
      await Promise.race([this.#queue(job, wait, before), ended]);
      const end = await ended;
      isDone = end.kind === 'done';
      return end;
    } finally {
      this.#waits.delete(key);
      // Who makes it too may finish: whether it comes out the same is worth knowing while the run lasts.
      if (isDone) this.#made.add(key);
      else this.#leave(this.#letGo(queue, key));
    }
  }

  #leave(work: Promise<unknown>): void {
    const leaving = work.catch(() => undefined).finally(() => this.#leaving.delete(leaving));
    this.#leaving.add(leaving);
  }

  /** Ends all that is waited for. */
  fail(error: unknown): void {
    for (const { fail } of this.#waits.values()) fail(error);
  }

  async close(): Promise<void> {
    clearTimeout(this.#looking);
    clearTimeout(this.#waking);
    const made = [...this.#made];
    for (let at = 0; at < made.length; at += atOnce)
      this.#leave(drop(this.#redis, made.slice(at, at + atOnce), this.#run));
    await Promise.race([Promise.all(this.#leaving), pause(longestClosing, undefined, { ref: false })]);
    for (const queue of this.#queues.values())
      void queue
        .then(({ giving, watching }) => Promise.all([giving.close(), watching.close(true)]))
        .catch(() => undefined);
  }

  async #queue(job: Job, wait: Wait | undefined, before: number): Promise<void> {
    const { key } = job;
    if (before > 0) await pause(before, undefined, { ref: false });
    if (wait === undefined || this.#waits.get(key) !== wait) return;
    const name = wait.queue;
    const { giving } = await this.#open(name);
    await want(this.#redis, key, this.#run);
    await this.#told.subscribe(names.told(key));
    const [finished] = await this.#redis.hmget(jobPath(name, key), 'finishedOn');
    // What became of it before somebody asked anew.
    if (finished !== null && finished !== undefined) await giving.remove(key).catch(() => 0);
    await giving.add('make', JSON.parse(encodeJob(job)), { jobId: key });
    wait.isQueued = true;
    this.#given.add(name);
    this.#waking ??= setTimeout(() => {
      this.#waking = undefined;
      for (const each of this.#given) void this.#redis.publish(names.wake, each).catch(() => undefined);
      this.#given.clear();
    }, 20);
  }

  #open(name: string): Promise<OpenQueue> {
    const open = async (): Promise<OpenQueue> => {
      await noteQueue(this.#redis, name);
      return { giving: openGiving(this.#redis, name), watching: await watchForLost(this.#redis, name) };
    };
    const opening = this.#queues.get(name) ?? open();
    this.#queues.set(name, opening);
    return opening;
  }

  async #letGo(queue: string, key: Sha256): Promise<void> {
    await drop(this.#redis, [key], this.#run);
    // One that waits, and that nobody else wants, would only be looked at by a worker.
    if ((await this.#redis.scard(names.wanted(key))) === 0)
      await (await this.#open(queue)).giving.remove(key).catch(() => 0);
  }

  #hear(channel: string, text: string): void {
    const key = channel.slice(names.told('' as Sha256).length) as Sha256;
    const wait = this.#waits.get(key);
    const told = readTold(text);
    if (told === undefined) return;
    if (told.type !== 'ended') wait?.onTold(told);
    else if (wait === undefined) this.#onLate(key, told.outcome);
    else wait.end(told.outcome);
  }

  #lookLater(): void {
    const many = (this.#waits.size / mostLooks) * 1000;
    this.#looking = setTimeout(
      () => {
        void this.#look()
          .catch(() => undefined)
          .finally(() => this.#lookLater());
      },
      Math.max(lookInterval, many),
    );
  }

  async #look(): Promise<void> {
    const waits = [...this.#waits].filter(([, { isQueued }]) => isQueued);
    for (let at = 0; at < waits.length; at += atOnce) {
      const some = waits.slice(at, at + atOnce);
      const pipeline = this.#redis.pipeline();
      for (const [key, { queue }] of some) pipeline.hmget(jobPath(queue, key), ...endFields);
      const answers = (await pipeline.exec()) ?? [];
      for (const [index, [key, wait]] of some.entries()) {
        const [error, fields] = answers[index] ?? [];
        // Meanwhile it may have ended, and another have begun.
        if (error !== null || this.#waits.get(key) !== wait) continue;
        const end = endOf(fields);
        // One look at what has just come back may be too early.
        if (end?.kind === 'gone' && !this.#missing.has(wait)) this.#missing.add(wait);
        else if (end !== undefined) wait.end(end);
        else this.#missing.delete(wait);
      }
    }
  }
}

/** What the queue has of a job; the last is what the next worker would be told, not to make it. */
const endFields = ['timestamp', 'finishedOn', 'returnvalue', 'failedReason', 'defa'] as const;

/** @param fields as asked for; after a lost connection the answer may be another command's */
function endOf(fields: unknown): End | undefined {
  if (!Array.isArray(fields) || fields.length !== endFields.length) return undefined;
  const [timestamp = null, finished = null, returned, reason, deferred = null] = fields as (string | null)[];
  if (timestamp === null) return { kind: 'gone' };
  if (finished === null) return deferred === null ? undefined : { kind: 'lost' };
  if (reason !== null && reason !== undefined) return { kind: 'lost' };
  try {
    return readOutcome(JSON.parse(returned ?? '')) ?? { kind: 'gone' };
  } catch {
    return { kind: 'gone' };
  }
}
