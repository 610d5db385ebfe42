import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { Failure, isAborted, type Sha256 } from '../../base/index.ts';
import type { Execution, Executor, ExecutorHost, StepToMake } from '../../engine/executors/executor.ts';
import type { ResolvedStep } from '../../engine/decide.ts';
import type { Done } from '../../engine/resolve.ts';
import { privateSteps } from '../../engine/team/private-steps.ts';
import type { Team } from '../../engine/team/team.ts';
import type { PlannedStep } from '../../recipe/index.ts';
import type { RedisAddress } from '../redis/address.ts';
import { connect } from '../redis/connection.ts';
import { keepRun, runHeartbeat } from '../redis/interest.ts';
import { Making, tellDifferences } from './making.ts';
import { names } from '../redis/names.ts';
import type { Outcome } from '../job/outcome.ts';
import { openPacking, type Packing } from './pack-job.ts';
import { watchForWorkers } from './watch-workers.ts';
import { Waits } from './waits.ts';

/** A coordinator's connections, made before its run begins. */
export interface Connected {
  readonly redis: Redis;
  /** For what workers tell. */
  readonly told: Redis;
  readonly name: string;
}

/** @throws Failure 'no-redis' */
export async function connectCoordinator(address: RedisAddress): Promise<Connected> {
  const redis = await connect(address);
  return { redis, told: await connect(address), name: address.name };
}

/** Without Redis for so long, in milliseconds, a run makes the rest of its steps by itself. */
const patience = 60_000;

/** Why a run goes on without workers. */
class Gone extends Error {}

/** Has steps made by the workers that listen to a Redis. What only this machine can make it makes itself. */
export class Coordinator implements Executor {
  readonly #host: ExecutorHost;
  readonly #connected: Connected;
  readonly #run = randomUUID();
  readonly #waits: Waits;
  readonly #build: string;
  /** Key → step, of all that workers were asked for. */
  readonly #steps = new Map<Sha256, string>();
  readonly #trusted: string | undefined;
  /** Steps on files of the user's. */
  readonly #private: ReadonlySet<string>;
  readonly #underway = new Map<Sha256, ReturnType<Making['make']>>();
  readonly #timers: NodeJS.Timeout[] = [];
  #silence: NodeJS.Timeout | undefined;
  #packing: Packing | undefined;
  #gone: string | undefined;
  #closed = false;
  #begun: Promise<void> | undefined;

  /**
   * @param build of the package's own scripts
   * @param trusted the worker that may make steps on files of the user's, if any may
   */
  constructor(host: ExecutorHost, connected: Connected, build: string, trusted?: string) {
    this.#host = host;
    this.#connected = connected;
    this.#build = build;
    this.#trusted = trusted;
    this.#private = privateSteps(host.context.plan, host.context.sources);
    const { redis, told } = connected;
    this.#waits = new Waits(redis, told, this.#run, (key, outcome) => this.#late(key, outcome));
    const { signal } = host.context;
    signal.addEventListener('abort', () => this.#waits.fail(signal.reason), { once: true });
    redis.on('close', () => {
      if (this.#closed) return;
      this.#silence ??= setTimeout(() => this.#goOn(`${connected.name} does not answer any more`), patience);
    });
    redis.on('ready', () => {
      clearTimeout(this.#silence);
      this.#silence = undefined;
      void keepRun(redis, this.#run).catch(() => undefined);
    });
  }

  isHere(step: PlannedStep): boolean {
    const isHost = step.recipe.environment.value.kind === 'host';
    return (
      this.#gone !== undefined || isHost || (this.#private.has(step.name) && this.#trusted === undefined)
    );
  }

  async execute(
    decision: StepToMake,
    done: Done,
    onChosen: (resolved: ResolvedStep) => void,
  ): Promise<Execution> {
    const { context, here, hold } = this.#host;
    const { step } = decision;
    const team = this.isHere(step) ? undefined : await this.#host.team.open();
    // What a trusted worker is given goes through the cache, which must be one that may hold it.
    const isOwn = this.#private.has(step.name);
    if (team === undefined || team.keeps(step) || (isOwn && this.#trusted === undefined))
      return here.execute(decision, done, onChosen);
    await hold();
    await (this.#begun ??= this.#begin());
    try {
      const made = await this.#elsewhere(team, decision, done, onChosen);
      return made ?? (await here.execute(decision, done, onChosen));
    } catch (error) {
      if (!(error instanceof Gone) || isAborted(context.signal)) throw error;
      return here.execute(decision, done, onChosen);
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const timer of this.#timers) clearInterval(timer);
    clearTimeout(this.#silence);
    await this.#waits.close();
    const { redis, told } = this.#connected;
    if (redis.status === 'ready') await redis.del(names.run(this.#run)).catch(() => 0);
    told.disconnect();
    redis.disconnect();
  }

  async #begin(): Promise<void> {
    const { redis } = this.#connected;
    await keepRun(redis, this.#run);
    const { emit } = this.#host.context;
    this.#timers.push(
      setInterval(() => void keepRun(redis, this.#run).catch(() => undefined), runHeartbeat),
      watchForWorkers(redis, this.#waits, (message) => emit({ type: 'workers-note', message })),
    );
  }

  /** Another worker has made it too: both may have made the same. */
  #late(key: Sha256, outcome: Outcome): void {
    const step = this.#steps.get(key);
    if (step !== undefined) tellDifferences(this.#host.context, step, key, outcome);
  }

  #goOn(why: string): void {
    if (this.#gone !== undefined) return;
    this.#gone = why;
    this.#host.context.emit({
      type: 'workers-note',
      message: `${why}: the rest of this run is made on this machine`,
    });
    this.#waits.fail(new Gone(why));
  }

  /** Two steps of a run may be the same action: the second one waits for the first. */
  async #once(resolved: ResolvedStep, make: () => ReturnType<Making['make']>): ReturnType<Making['make']> {
    const { key } = resolved;
    const underway = this.#underway.get(key);
    if (underway !== undefined) {
      const made = await underway;
      return made === undefined || made === 'unsent' ? made : { resolved, result: made.result };
    }
    const making = make().finally(() => this.#underway.delete(key));
    this.#underway.set(key, making);
    return making;
  }

  /** @returns undefined for a step that only this machine can make */
  async #elsewhere(
    team: Team,
    decision: StepToMake,
    done: Done,
    onChosen: (resolved: ResolvedStep) => void,
  ): Promise<Execution | undefined> {
    const { context } = this.#host;
    const packing = (this.#packing ??= openPacking(context, team));
    const making = new Making(
      {
        ...{ context, team, packing, waits: this.#waits, build: this.#build },
        trusted: ({ name }) => (this.#private.has(name) ? this.#trusted : undefined),
      },
      done,
    );
    const choices = [decision, ...decision.others];
    for (const [index, resolved] of choices.entries()) {
      onChosen(resolved);
      this.#steps.set(resolved.key, resolved.step.name);
      try {
        const made = await this.#once(resolved, () => making.make(resolved));
        if (made === 'unsent') {
          this.#goOn(`${team.cache.name} did not take what workers need`);
          return undefined;
        }
        return made;
      } catch (error) {
        // Another origin of its sources may be had.
        const origin = error instanceof Failure && sourceCodes.has(error.code);
        if (!origin || index === choices.length - 1) throw error;
      }
    }
    return undefined;
  }
}

/** What a worker says when an origin cannot be had. */
const sourceCodes: ReadonlySet<string> = new Set([
  'fetch-failed',
  'no-source',
  'package-vanished',
  'source-vanished',
  'no-mirror',
]);
