import PQueue from 'p-queue';
import { isAborted, canonicalJson, type Json, type Sha256 } from '../base/index.ts';
import type { Plan, PlannedStep } from '../recipe/index.ts';
import {
  type Action,
  actionKey,
  type ActionResult,
  type Lock,
  openMemo,
  openSession,
  readAction,
  type Store,
  touchAction,
} from '../store/index.ts';
import type { RunContext, UntimedEvent } from './context.ts';
import type { RunEvent } from './events.ts';
import { executeAction } from './step/execute.ts';
import { failureEvent } from './failure-event.ts';
import { fetchSources, SourceFailure } from './step/gather.ts';
import { openHistory, readRecord, writeRecord } from './history.ts';
import { whyRun } from './preview.ts';
import { publishProduct } from './products.ts';
import { resolveStep, type Made } from './resolve.ts';
import type { StepSources } from './sources/step-sources.ts';

export interface RunOptions {
  readonly store: Store;
  readonly plan: Plan;
  readonly sources: StepSources;
  /** Absolute: the folder that gets one link per product. */
  readonly artifacts: string;
  readonly jobs: number;
  /** After a failure go on with the steps that do not need the failed one. */
  readonly keepGoing: boolean;
  readonly offline: boolean;
  /** Run the steps that name a buildroot on the host's own tools. */
  readonly onHost: boolean;
  readonly signal: AbortSignal;
  readonly onEvent: (event: RunEvent) => void;
}

export interface RunOutcome {
  readonly outcome: 'done' | 'failed' | 'interrupted';
}

/**
 * Runs a plan: every step once its predecessors are done, from the action cache where its key is known, and publishes
 * the products whose gates passed. Foreseeable failures of a step are events, not exceptions.
 */
export async function runPlan(options: RunOptions): Promise<RunOutcome> {
  const { store, plan, signal } = options;
  const start = performance.now();
  const emit = (event: UntimedEvent): void => options.onEvent({ time: Date.now(), ...event });
  const context: RunContext = {
    ...options,
    emit,
    history: openHistory(store, plan.root, plan.pipeline),
    toolVersions: openMemo(store, 'tools'),
  };
  const counts = { cached: 0, executed: 0, failed: 0, skipped: 0 };
  const run = new Run(context, options.keepGoing, counts);
  emit({ type: 'run-started', pipeline: plan.pipeline, steps: plan.steps.map((step) => step.name) });
  try {
    await run.all();
    if (!signal.aborted) await run.publish(options.artifacts);
  } finally {
    await run.close();
  }
  const outcome = signal.aborted ? 'interrupted' : counts.failed > 0 ? 'failed' : 'done';
  emit({ type: 'run-finished', outcome, milliseconds: Math.round(performance.now() - start), ...counts });
  return { outcome };
}

/** The state of one run: what is done, and the session that the first step to execute opens. */
class Run {
  readonly #context: RunContext;
  readonly #keepGoing: boolean;
  readonly #counts: { cached: number; executed: number; failed: number; skipped: number };
  readonly #done = new Map<string, Made>();
  readonly #queue: PQueue;
  #session: Promise<Lock> | undefined;

  constructor(
    context: RunContext,
    keepGoing: boolean,
    counts: { cached: number; executed: number; failed: number; skipped: number },
  ) {
    this.#context = context;
    this.#keepGoing = keepGoing;
    this.#counts = counts;
    this.#queue = new PQueue({ concurrency: context.jobs });
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

  async publish(artifacts: string): Promise<void> {
    for (const product of this.#context.plan.products) {
      const needed = [...product.from.values()].map(({ value }) => value.step);
      if (product.gate !== undefined) needed.push(product.gate);
      if (!needed.every((step) => this.#done.has(step))) continue;
      this.#context.emit(await publishProduct(this.#context, product, this.#done, artifacts));
    }
  }

  async close(): Promise<void> {
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
    try {
      await this.#make(step);
    } catch (error) {
      if (isAborted(this.#context.signal)) return;
      this.#counts.failed += 1;
      this.#context.emit(failureEvent(step, error));
    }
  }

  /** Tries the origins of the step's sources in order; another origin is another action. */
  async #make(step: PlannedStep): Promise<void> {
    const { sources, store } = this.#context;
    let lastError: unknown;
    for (const digests of sources.choices(step)) {
      const action = await resolveStep(this.#context, step, this.#done, digests);
      const key = actionKey(action);
      const cached = readAction(store, key);
      if (cached !== undefined) {
        await this.#cached(step, action, key, cached);
        return;
      }
      try {
        await this.#queue.add(() => this.#execute(step, action, key));
        return;
      } catch (error) {
        if (!(error instanceof SourceFailure)) throw error;
        lastError ??= error;
      }
    }
    throw lastError;
  }

  async #cached(step: PlannedStep, action: Action, key: Sha256, result: ActionResult): Promise<void> {
    this.#counts.cached += 1;
    this.#done.set(step.name, result);
    await touchAction(this.#context.store, key);
    this.#context.emit({ type: 'step-cached', step: step.name, key, notes: result.notes });
    const record = readRecord(this.#context.history, step.name);
    if (record?.key === key && record.outcome !== 'failed') return;
    await this.#record(step, action, key, 'cached', undefined);
  }

  async #execute(step: PlannedStep, action: Action, key: Sha256): Promise<void> {
    this.#context.signal.throwIfAborted();
    this.#session ??= openSession(this.#context.store);
    await this.#session;
    this.#fetchAhead(step);
    const record = readRecord(this.#context.history, step.name);
    const why = whyRun(this.#context, step, action);
    let log: string | undefined;
    try {
      const { result, shared } = await executeAction(this.#context, step, action, key, this.#done, (path) => {
        log = path;
        this.#context.emit({ type: 'step-started', step: step.name, key, why, log: path });
      });
      if (shared) {
        await this.#cached(step, action, key, result);
        return;
      }
      const previous = record === undefined ? undefined : readAction(this.#context.store, record.key);
      const unchanged = previous !== undefined && sameOutputs(previous, result);
      this.#counts.executed += 1;
      this.#done.set(step.name, result);
      await this.#record(step, action, key, 'done', log);
      const { duration: milliseconds, notes } = result;
      this.#context.emit({ type: 'step-done', step: step.name, key, milliseconds, notes, unchanged });
    } catch (error) {
      if (!this.#context.signal.aborted) await this.#record(step, action, key, 'failed', log);
      throw error;
    }
  }

  /** Fetches what the steps after one that runs will need, for those that have never run here: they will run too. */
  #fetchAhead(running: PlannedStep): void {
    const { plan, history, sources } = this.#context;
    const after = new Set([running.name]);
    for (const step of plan.steps) {
      if (!step.after.some((name) => after.has(name))) continue;
      after.add(step.name);
      const [digests] = sources.choices(step);
      if (digests === undefined || readRecord(history, step.name) !== undefined) continue;
      // What fails here fails again, and is told, when the step itself asks for it.
      fetchSources(this.#context, step, { sources: digests }).catch(() => undefined);
    }
  }

  async #record(
    step: PlannedStep,
    action: Action,
    key: Sha256,
    outcome: 'done' | 'cached' | 'failed',
    log: string | undefined,
  ): Promise<void> {
    const time = Date.now();
    const record = { step: step.name, key, action, outcome, time, ...(log === undefined ? {} : { log }) };
    await writeRecord(this.#context.history, record);
  }
}

function sameOutputs(a: ActionResult, b: ActionResult): boolean {
  return canonicalJson(a.outputs as unknown as Json) === canonicalJson(b.outputs as unknown as Json);
}
