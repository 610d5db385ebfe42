import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { UnrecoverableError, type Job as QueuedJob, type Worker } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Sha256 } from '../../base/index.ts';
import type { RedisAddress } from '../redis/address.ts';
import { connect } from '../redis/connection.ts';
import { isWanted } from '../redis/interest.ts';
import { describeOutcome } from './describe-outcome.ts';
import { endUnwanted, keepJob } from './keep-job.ts';
import { readJob, type Job } from '../job/job.ts';
import { names, readQueueName } from '../redis/names.ts';
import type { Outcome } from '../job/outcome.ts';
import { announce, canServe, claimName, heartbeat, leave, type Presence } from '../redis/presence.ts';
import { listQueues, openTaking } from '../redis/queues.ts';
import type { Hearers } from './serve-job.ts';
import { openTeller } from './teller.ts';

/** How a worker makes one job: on its own machine (serve-job.ts). */
export type Serve = (job: Job, worker: string, signal: AbortSignal, hearers: Hearers) => Promise<Outcome>;

export interface WorkerOptions {
  readonly address: RedisAddress;
  readonly name: string;
  readonly slots: number;
  /** What it is and can, as it is now. */
  readonly describe: () => Omit<Presence, 'worker' | 'id' | 'slots' | 'running'>;
  /** Told what to do when what it is and can changes, beside its free disk. */
  readonly onChange?: (listener: () => void) => void;
  readonly serve: Serve;
  readonly signal: AbortSignal;
  /** A sentence for who watches this worker. */
  readonly onNote: (text: string) => void;
}

/** How often is looked for a job though nobody called, in milliseconds. */
const idle = 1000;

interface Running {
  readonly key: Sha256;
  readonly step: string;
  readonly since: number;
  readonly controller: AbortController;
}

/**
 * Takes jobs from all queues that this machine can serve, until the signal; then gives back what it makes.
 * @throws Failure 'no-redis'
 */
export async function runWorker(options: WorkerOptions): Promise<void> {
  const redis = await connect(options.address);
  const told = await connect(options.address);
  const id = randomUUID();
  const name = await claimName(redis, options.name, id);
  const worker = new RunningWorker(redis, name, id, options);
  try {
    await told.subscribe(names.wake, names.dropped);
    told.on('message', (channel: string, text: string) => worker.hear(channel, text));
    await worker.run();
  } finally {
    told.disconnect();
    redis.disconnect();
  }
}

class RunningWorker {
  readonly #redis: Redis;
  readonly #name: string;
  readonly #id: string;
  readonly #options: WorkerOptions;
  /** Of the queues that it serves, the most demanding first. */
  #taking = new Map<string, Worker>();
  readonly #running = new Map<string, Running>();
  #wake = new AbortController();
  #tokens = 0;

  constructor(redis: Redis, name: string, id: string, options: WorkerOptions) {
    this.#redis = redis;
    this.#name = name;
    this.#id = id;
    this.#options = options;
  }

  hear(channel: string, text: string): void {
    if (channel === names.wake) {
      if (text === '' || this.#taking.has(text)) this.#wake.abort();
      else
        void this.#beat().then(
          () => this.#wake.abort(),
          () => undefined,
        );
      return;
    }
    for (const { key, controller } of this.#running.values())
      if (text.includes(key)) void endUnwanted(this.#redis, key, controller).catch(() => undefined);
  }

  async run(): Promise<void> {
    const { signal, slots, onNote } = this.#options;
    await this.#beat();
    onNote(`${this.#name} takes jobs, ${slots} at once`);
    signal.addEventListener('abort', () => this.#wake.abort(), { once: true });
    const beat = (): void => void this.#beat().catch(() => undefined);
    const beating = setInterval(beat, heartbeat);
    this.#options.onChange?.(beat);
    try {
      await Promise.all(Array.from({ length: slots }, () => this.#slot()));
    } finally {
      clearInterval(beating);
      await Promise.race([leave(this.#redis, this.#name), farewell()]).catch(() => undefined);
      for (const taking of this.#taking.values()) void taking.close(true).catch(() => undefined);
    }
  }

  /** Says that it lives, and looks for queues that are new. */
  async #beat(): Promise<void> {
    await this.#announce();
    // While the cache is away nothing is taken, but what runs goes on.
    const described = { ...this.#options.describe(), worker: this.#name, cache: true };
    const wanted = (await listQueues(this.#redis)).filter((queue) => canServe(described, queue));
    for (const queue of wanted) {
      if (this.#taking.has(queue)) continue;
      const taking = openTaking(this.#redis, queue, this.#name);
      await taking.startStalledCheckTimer();
      this.#taking.set(queue, taking);
    }
    for (const [queue, taking] of this.#taking) {
      // One that it can no longer serve, since its disk is fuller now.
      if (wanted.includes(queue)) continue;
      this.#taking.delete(queue);
      void taking.close(true).catch(() => undefined);
    }
    this.#taking = new Map([...this.#taking].sort(([a], [b]) => demand(b) - demand(a)));
  }

  async #announce(): Promise<void> {
    const { slots, describe } = this.#options;
    const running = [...this.#running.values()].map(({ key, step, since }) => ({ key, step, since }));
    await announce(this.#redis, { ...describe(), worker: this.#name, id: this.#id, slots, running });
  }

  async #slot(): Promise<void> {
    const { signal, onNote } = this.#options;
    while (!signal.aborted) {
      const wake = this.#wake.signal;
      const taken = await this.#take().catch(() => undefined);
      if (taken !== undefined)
        await this.#make(taken.job, taken.token).catch((error: unknown) =>
          onNote(`a job was lost: ${(error as Error).message}`),
        );
      else if (wake.aborted) this.#wake = new AbortController();
      else await pause(idle, undefined, { signal: wake }).catch(() => undefined);
    }
  }

  async #take(): Promise<{ readonly job: QueuedJob; readonly token: string } | undefined> {
    for (const taking of this.#taking.values()) {
      if (this.#options.signal.aborted || !this.#options.describe().cache) return undefined;
      const token = `${this.#id}-${this.#tokens++}`;
      const job = (await taking.getNextJob(token, { block: false })) as QueuedJob | undefined;
      if (job !== undefined) return { job, token };
    }
    return undefined;
  }

  async #make(queued: QueuedJob, token: string): Promise<void> {
    const { onNote, signal } = this.#options;
    // Too many workers were lost with it: the queue leaves it to the next one to say so.
    const deferredFailure = queued.deferredFailure as string | undefined;
    if (deferredFailure !== undefined && deferredFailure !== '') {
      await queued.moveToFailed(new UnrecoverableError(deferredFailure), token, false);
      return;
    }
    const id = queued.id ?? '';
    const job = readJob(queued.data, id);
    if (typeof job === 'string') {
      const message = `the job ${id.slice(0, 12)} is refused: it ${job}`;
      onNote(message);
      await this.#finish(queued, token, { kind: 'refused', worker: this.#name, message });
      return;
    }
    const controller = new AbortController();
    const stop = (): void => controller.abort();
    signal.addEventListener('abort', stop, { once: true });
    const { key, step } = job;
    this.#running.set(token, { key, step, since: Date.now(), controller });
    void this.#announce().catch(() => undefined);
    const keeping = keepJob(this.#redis, queued, token, controller);
    const teller = openTeller(this.#redis, key, this.#name);
    const hearers: Hearers = {
      emit: (event) => teller.emit(event),
      later: (late) => {
        onNote(describeOutcome(step, late));
        void this.#tell(key, late).catch(() => undefined);
      },
    };
    let outcome: Outcome;
    try {
      outcome = (await isWanted(this.#redis, key))
        ? await this.#options.serve(job, this.#name, controller.signal, hearers)
        : { kind: 'unwanted', worker: this.#name };
    } finally {
      clearInterval(keeping);
      signal.removeEventListener('abort', stop);
      this.#running.delete(token);
      void this.#announce().catch(() => undefined);
    }
    onNote(describeOutcome(step, outcome));
    if (signal.aborted && outcome.kind === 'unwanted') {
      // Another worker may begin at once.
      teller.giveBack();
      await Promise.race([queued.moveToWait(token), farewell()]).catch(() => undefined);
      await this.#redis.publish(names.wake, '').catch(() => undefined);
      return;
    }
    await this.#finish(queued, token, outcome);
  }

  async #finish(queued: QueuedJob, token: string, outcome: Outcome): Promise<void> {
    // One whose lock is lost is finished by whoever has it now.
    await queued.moveToCompleted(outcome, token, false).catch(() => undefined);
    await this.#tell((queued.id ?? '') as Sha256, outcome);
  }

  async #tell(key: Sha256, outcome: Outcome): Promise<void> {
    if (outcome.kind === 'done' && outcome.differs.length > 0)
      await this.#redis
        .pipeline()
        .lpush(names.doubts, JSON.stringify({ key, ...outcome, time: Date.now() }))
        .ltrim(names.doubts, 0, 99)
        .exec();
    await openTeller(this.#redis, key, this.#name).end(outcome);
  }
}

/** How long an ending worker waits for Redis at the most. */
function farewell(): Promise<void> {
  return pause(2000, undefined, { ref: false });
}

/** Queues that ask for more are served first: fewer workers can. */
function demand(queue: string): number {
  const needs = readQueueName(queue)?.needs;
  return (needs?.kvm === true ? 1e12 : 0) + (needs?.disk ?? 0) / 2 ** 30;
}
