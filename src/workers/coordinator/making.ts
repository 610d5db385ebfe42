import { Failure, isAborted, type FailureCode, type Sha256 } from '../../base/index.ts';
import type { RunContext } from '../../engine/context.ts';
import type { Execution } from '../../engine/executors/executor.ts';
import type { ResolvedStep } from '../../engine/decide.ts';
import { whyRun } from '../../engine/preview.ts';
import type { Done } from '../../engine/resolve.ts';
import { logPath } from '../../engine/step/execute.ts';
import { StepFailure } from '../../engine/step/step-failure.ts';
import type { Team } from '../../engine/team/team.ts';
import type { PlannedStep } from '../../recipe/index.ts';
import { openLiveLog, type LiveLog } from './live-log.ts';
import { jobVersion, queueName } from '../redis/names.ts';
import type { Outcome, Told } from '../job/outcome.ts';
import { isBuiltIn, type Packing } from './pack-job.ts';
import { mostLost } from '../redis/queues.ts';
import type { Waits } from './waits.ts';

/** What a coordinator makes its steps with. */
export interface Bench {
  readonly context: RunContext;
  readonly team: Team;
  readonly packing: Packing;
  readonly waits: Waits;
  /** Of the package's own scripts. */
  readonly build: string;
  /** The worker that may make a step on files of the user's. */
  readonly trusted: (step: PlannedStep) => string | undefined;
}

/** A job that this many workers could not do is given up. */
const mostAttempts = 3;
/** So long is waited, in milliseconds, for what a worker has made and could not send, before another one makes it. */
const holderPatience = 2000;

/** The making of one step elsewhere, as a coordinator follows it. */
export class Making {
  readonly #bench: Bench;
  readonly #done: Done;
  #log: LiveLog | undefined;
  /** Who began to make it, the newest last. */
  readonly #workers: string[] = [];
  /** Who said that another one may make it. */
  readonly #gaveBack = new Set<string>();

  constructor(bench: Bench, done: Done) {
    this.#bench = bench;
    this.#done = done;
  }

  /**
   * Has an artifact made, and takes it from the cache.
   * @returns undefined for a step that only this machine can make; 'unsent' when the cache does not take what it needs
   * @throws StepFailure and others as the worker had them; Failure 'no-worker' when none could do it
   */
  async make(resolved: ResolvedStep): Promise<Execution | 'unsent' | undefined> {
    const { context, packing, waits, team } = this.#bench;
    const reasons: string[] = [];
    let before = 0;
    for (;;) {
      const job = await packing.pack(resolved, this.#done);
      if (job === undefined || job === 'unsent') return job;
      context.signal.throwIfAborted();
      const end = await waits.make(
        this.#queueOf(resolved),
        job,
        (told) => this.#hear(resolved, told),
        before,
      );
      before = 0;
      context.signal.throwIfAborted();
      switch (end.kind) {
        case 'failed':
          throw await this.#failure(end);
        case 'lost':
          throw new Failure('no-worker', `${mostLost} workers were lost while they made it${this.#names()}`, {
            hint: 'What it does may be too much for them: memory, or the disk.',
            temporary: true,
          });
        case 'done':
        case 'gone':
        case 'unwanted': {
          const taken = await this.#take(resolved, end.kind === 'done' ? end : undefined);
          if (taken !== undefined) return taken;
          if (end.kind === 'done') reasons.push(`${team.cache.name} does not have what ${end.worker} made`);
          break;
        }
        case 'refused':
        case 'undelivered': {
          reasons.push(`${end.worker}: ${end.message}`);
          this.#gaveBack.add(end.worker);
          packing.forget();
          if (end.kind === 'refused' || end.held !== true) break;
          // Where the cache is away for all, this waits for it, and the worker needs as long as we to see that it is back.
          const taken = await this.#take(resolved, undefined);
          if (taken !== undefined) return taken;
          before = holderPatience;
        }
      }
      if (reasons.length >= mostAttempts)
        throw new Failure('no-worker', `no worker could make it:\n${[...new Set(reasons)].join('\n')}`);
    }
  }

  async #take(
    resolved: ResolvedStep,
    outcome: Extract<Outcome, { kind: 'done' }> | undefined,
  ): Promise<Execution | undefined> {
    const { team, context } = this.#bench;
    const result = await team.takeMade(resolved, this.#done);
    if (result === undefined) return undefined;
    this.#log?.close(result.log);
    const worker = outcome?.worker ?? this.#workers.at(-1);
    if (outcome !== undefined) tellDifferences(context, resolved.step.name, resolved.key, outcome);
    return {
      ...{ resolved, result },
      ...(this.#log === undefined ? {} : { log: this.#log.path }),
      ...(worker === undefined ? {} : { worker }),
    };
  }

  #hear(resolved: ResolvedStep, told: Told): void {
    const { context } = this.#bench;
    const { emit, store, signal } = context;
    if (isAborted(signal)) return;
    const { step, action, key } = resolved;
    switch (told.type) {
      case 'started': {
        const { worker } = told;
        const before = this.#workers.at(-1);
        this.#workers.push(worker);
        if (before !== undefined)
          emit({
            type: 'workers-note',
            message: this.#gaveBack.delete(before)
              ? `${before} gave ${step.name} back; ${worker} makes it`
              : `${before} was lost while it made ${step.name}; ${worker} makes it again`,
          });
        this.#log ??= openLiveLog(store, logPath(context, step, key));
        const why = whyRun(context, step, action);
        emit({ type: 'step-started', step: step.name, key, why, log: this.#log.path, worker });
        return;
      }
      case 'given-back':
        this.#gaveBack.add(told.worker);
        return;
      case 'event':
        emit({ type: 'step-event', step: step.name, event: told.event });
        return;
      case 'lines':
        this.#log?.add(told.lines);
        for (const line of told.lines) emit({ type: 'step-output', step: step.name, line });
        return;
      case 'fetching': {
        const { source, what, done, total } = told;
        const progress = { source, what, done, ...(total === undefined ? {} : { total }) };
        emit({ type: 'step-fetching', step: step.name, ...progress });
        return;
      }
      case 'ended':
    }
  }

  #queueOf(resolved: ResolvedStep): string {
    const { protocol, platform } = resolved.action;
    const build = isBuiltIn(resolved) ? { build: this.#bench.build } : {};
    const needs = resolved.step.recipe.needs ?? { kvm: false, disk: 0 };
    const on = this.#bench.trusted(resolved.step);
    return queueName({
      ...{ jobs: jobVersion, protocol, platform, ...build, needs },
      ...(on === undefined ? {} : { on }),
    });
  }

  #names(): string {
    return this.#workers.length === 0 ? '' : `: ${[...new Set(this.#workers)].join(', ')}`;
  }

  async #failure(outcome: Extract<Outcome, { kind: 'failed' }>): Promise<Error> {
    const { code, message, hint, exitCode, tail, temporary, log, worker } = outcome;
    const { team } = this.#bench;
    if (log !== undefined) await team.cache.bringFiles([log]);
    this.#log?.close(log?.digest);
    if (code !== 'step-failed') {
      const known = code === 'bug' || code === 'bad-format' ? 'no-worker' : code;
      return new Failure(known satisfies FailureCode, `on ${worker}: ${message}`, { hint, temporary });
    }
    const failure = { message, ...(hint === undefined ? {} : { hint }) };
    const end = { exitCode: exitCode ?? null, signal: null, notes: [], tail, failure };
    return new StepFailure(message, this.#log?.path ?? '', end);
  }
}

/** Tells of outputs that a worker made with other bytes than the cache had by then. */
export function tellDifferences(
  { emit }: Pick<RunContext, 'emit'>,
  step: string,
  key: Sha256,
  outcome: Outcome,
): void {
  if (outcome.kind !== 'done') return;
  for (const { output, here: made, there: kept } of outcome.differs)
    emit({ type: 'step-differs', step, key, output, worker: outcome.worker, made, kept });
}
