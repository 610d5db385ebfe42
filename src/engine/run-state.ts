import { Failure, isAborted } from '../base/index.ts';
import { diskFailure } from '../host/index.ts';
import type { PlannedStep } from '../recipe/index.ts';
import {
  type Action,
  type ActionResult,
  DamagedBlob,
  type Lock,
  openSession,
  readEntry,
  sameOutputs,
  touchAction,
} from '../store/index.ts';
import type { RunContext, UntimedEvent } from './context.ts';
import { decide, type ResolvedStep } from './decide.ts';
import type { Executor, ExecutorHost, StepToMake } from './executors/executor.ts';
import { failureEvent } from './failure-event.ts';
import { readRecord, writeRecord, type StepRecord } from './history.ts';
import { LocalExecutor } from './executors/local-executor.ts';
import { openMending, type Mending } from './mending.ts';
import { UnmetPreconditions } from './preconditions/refuse.ts';
import type { LazyTeam } from './team/lazy-team.ts';
import { publishProduct } from './products/publish.ts';
import type { Made } from './resolve.ts';
import { StepFailure } from './step/step-failure.ts';

/** Says who makes the steps of a run. */
export type OpenExecutor = (host: ExecutorHost) => Executor;

/** The state of one run: what is done, and the session that the first step to execute opens. */
export class RunState {
  readonly #context: RunContext;
  readonly #keepGoing: boolean;
  readonly #counts: { cached: number; executed: number; failed: number; skipped: number };
  readonly #done = new Map<string, Made>();
  readonly #executor: Executor;
  /** Stops all of the run for a failure that is not one step's. */
  readonly #stop: (failure: Failure) => void;
  readonly #mending: Mending;
  readonly #team: Pick<LazyTeam, 'open' | 'fault'>;
  readonly #fromCache = new Set<string>();
  /** Step → how its sources differ from what is pinned. */
  readonly drifted = new Map<string, readonly string[]>();
  #session: Promise<Lock> | undefined;

  constructor(
    context: RunContext,
    keepGoing: boolean,
    counts: { cached: number; executed: number; failed: number; skipped: number },
    stop: (failure: Failure) => void,
    team: Pick<LazyTeam, 'open' | 'fault'>,
    openExecutor: OpenExecutor = (host) => host.here,
  ) {
    this.#context = context;
    this.#keepGoing = keepGoing;
    this.#counts = counts;
    this.#stop = stop;
    this.#team = team;
    const host = { context, team, hold: () => this.#openSession() };
    const here = new LocalExecutor(host, (step) => this.#executor.isHere(step));
    this.#executor = openExecutor({ ...host, here });
    this.#mending = openMending(context, this.#done, async (step) => {
      if (this.#fromCache.delete(step.name)) this.#counts.cached -= 1;
      await this.#attempt(step);
    });
  }

  async all(): Promise<void> {
    const ends = new Map<string, Promise<void>>();
    for (const step of this.#context.plan.steps) {
      const before = step.after.flatMap((name) => ends.get(name) ?? []);
      ends.set(
        step.name,
        Promise.all(before).then(() => this.#one(step)),
      );
    }
    await Promise.all(ends.values());
  }

  /** @returns false when a product could not be published */
  async publish(artifacts: string): Promise<boolean> {
    let isPublished = true;
    for (const product of this.#context.plan.products) {
      const needed = [...product.from.values()].map(({ value }) => value.step);
      if (product.gate !== undefined) needed.push(product.gate);
      if (!needed.every((step) => this.#done.has(step))) continue;
      const publish = (): Promise<UntimedEvent> =>
        publishProduct(
          this.#context,
          product,
          this.#done,
          artifacts,
          () => this.#openSession(),
          this.drifted,
        );
      try {
        this.#context.emit(await this.#mending.around(publish));
      } catch (error) {
        if (!(error instanceof Failure) || diskFailure(error, artifacts) !== undefined) throw error;
        const { message, hint } = error;
        isPublished = false;
        this.#context.emit({
          type: 'product-failed',
          product: product.name,
          message,
          ...(hint === undefined ? {} : { hint }),
        });
      }
    }
    return isPublished;
  }

  #openSession(): Promise<Lock> {
    const open = async (): Promise<Lock> => {
      const { endAbandonedSteps } = await import('./step/left-behind.ts');
      // What a killed engine's steps left running would go on in the folders that this session clears away.
      await endAbandonedSteps();
      return openSession(this.#context.store);
    };
    return (this.#session ??= open());
  }

  async close(): Promise<void> {
    await this.#executor.close();
    await (await this.#session)?.release();
  }

  async #one(step: PlannedStep): Promise<void> {
    const missing = step.after.find((name) => !this.#done.has(name));
    const stopped = this.#counts.failed > 0 && !this.#keepGoing;
    if (this.#context.signal.aborted) return;
    if (missing !== undefined || stopped) {
      this.#counts.skipped += 1;
      this.#context.emit({
        type: 'step-skipped',
        step: step.name,
        because: missing ?? 'another step failed',
      });
      return;
    }
    await this.#attempt(step);
  }

  async #attempt(step: PlannedStep): Promise<void> {
    try {
      await this.#mending.around(() => this.#make(step));
    } catch (error) {
      if (isAborted(this.#context.signal)) return;
      // All of the run is about to fail of it: it is told once, by whoever called.
      const whole =
        error instanceof UnmetPreconditions ? error : diskFailure(error, this.#context.store.root);
      if (whole !== undefined) {
        this.#stop(whole);
        return;
      }
      if (this.#team.fault() !== undefined) {
        this.#stop(new Failure('bad-config', "the team's cache is not set up"));
        return;
      }
      this.#counts.failed += 1;
      this.#context.emit(failureEvent(step, error));
    }
  }

  async #make(step: PlannedStep): Promise<void> {
    const decision = await decide(this.#context, step, this.#done);
    if (decision.verdict === 'cached') await this.#cached(decision, decision.result);
    else if (!(await this.#fromTeam([decision, ...decision.others]))) await this.#execute(decision);
  }

  /** @returns false where the team's cache has none of them */
  async #fromTeam(choices: readonly ResolvedStep[]): Promise<boolean> {
    const team = await this.#team.open();
    const taken = await team?.take(choices, this.#done, () => this.#openSession());
    if (taken === undefined) return false;
    await this.#cached(taken.resolved, taken.result, 'team');
    return true;
  }

  async #cached({ step, action, key }: ResolvedStep, result: ActionResult, from?: 'team'): Promise<void> {
    this.#counts.cached += 1;
    this.#fromCache.add(step.name);
    this.#done.set(step.name, result);
    this.#noteDrift(step, action);
    touchAction(this.#context.store, key);
    const { notes } = result;
    this.#context.emit({ type: 'step-cached', step: step.name, key, notes, ...(from && { from }) });
    const record = readRecord(this.#context.history, step.name);
    if (record?.key === key && record.outcome !== 'failed') return;
    await this.#record({ step: step.name, action, key, outcome: 'cached' });
  }

  async #execute(decision: StepToMake): Promise<void> {
    const { step } = decision;
    const record = readRecord(this.#context.history, step.name);
    const previous = record === undefined ? undefined : readEntry(this.#context.store, record.key);
    let chosen: ResolvedStep = decision;
    try {
      const execution = await this.#executor.execute(decision, this.#done, (one) => {
        chosen = one;
      });
      const { resolved, result, log, worker } = execution;
      if (log === undefined) {
        await this.#cached(resolved, result);
        return;
      }
      const { action, key } = resolved;
      const unchanged = previous !== undefined && sameOutputs(previous.outputs, result.outputs);
      this.#counts.executed += 1;
      this.#done.set(step.name, result);
      this.#noteDrift(step, action);
      await this.#record({ step: step.name, action, key, outcome: 'done', log });
      const { duration: milliseconds, notes } = result;
      this.#context.emit({
        ...{ type: 'step-done', step: step.name, key, milliseconds, notes, unchanged },
        ...(worker === undefined ? {} : { worker }),
      });
    } catch (error) {
      const isOwn = !isAborted(this.#context.signal) && !(error instanceof DamagedBlob);
      if (isOwn) await this.#failed(chosen, error);
      throw error;
    }
  }

  #noteDrift(step: PlannedStep, action: Action): void {
    const changes = this.#context.sources.changes(step.name, action.sources);
    if (changes.length > 0) this.drifted.set(step.name, changes);
  }

  async #failed({ step, action, key }: ResolvedStep, error: unknown): Promise<void> {
    const log = error instanceof StepFailure ? { log: error.log } : {};
    await this.#record({ step: step.name, action, key, outcome: 'failed', ...log });
  }

  async #record(record: Omit<StepRecord, 'time'>): Promise<void> {
    if (this.#context.store.readOnly) return;
    await writeRecord(this.#context.history, { ...record, time: Date.now() });
  }
}
