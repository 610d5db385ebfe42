import { diskFailure, SpaceWatch } from '../host/index.ts';
import type { Plan } from '../recipe/index.ts';
import { openMemo, type Store } from '../store/index.ts';
import type { RunContext, UntimedEvent } from './context.ts';
import type { Drift, RunEvent } from './events.ts';
import { openHistory } from './history.ts';
import { productPlace } from './products/product-place.ts';
import { lazyTeam } from './team/lazy-team.ts';
import { RunState, type OpenExecutor } from './run-state.ts';
import { openRecorder } from './runs/recorder.ts';
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
  /** Keep the folder of a step whose script fails. */
  readonly keepFailed?: boolean;
  readonly offline: boolean;
  /** Run the steps that name a buildroot on the host's own tools. */
  readonly onHost: boolean;
  readonly signal: AbortSignal;
  /** Who makes the steps; else this process does. */
  readonly openExecutor?: OpenExecutor;
  readonly onEvent: (event: RunEvent) => void;
}

export interface RunOutcome {
  readonly outcome: 'done' | 'failed' | 'interrupted';
  /** Of the run in the history; undefined where it could not be kept. */
  readonly id?: string;
}

/**
 * Runs a plan: every step once its predecessors are done, from the action cache where its key is known, and publishes
 * the products whose gates passed. Foreseeable failures of a step or a product are events, not exceptions.
 * @throws Failure 'product-path-taken' before anything is run
 * @throws UnmetPreconditions when a step that is to run is known not to pass, before any step is run
 * @throws Failure 'no-space' and its like, when all of the run fails of the disk
 */
export async function runPlan(options: RunOptions): Promise<RunOutcome> {
  const { store, plan } = options;
  const watch = new SpaceWatch(store.root);
  const signal = AbortSignal.any([options.signal, watch.signal]);
  const start = performance.now();
  const recorder = openRecorder(store, plan);
  const emit = (untimed: UntimedEvent): void => {
    const event = { time: Date.now(), ...untimed };
    recorder?.take(event);
    options.onEvent(event);
  };
  const context: RunContext = {
    ...options,
    signal,
    emit,
    history: openHistory(store, plan.root, plan.pipeline),
    facts: openMemo(store, 'facts'),
  };
  // What stands in a product's place is told before any step is run.
  for (const { name } of plan.products) productPlace(options.artifacts, name);
  const counts = { cached: 0, executed: 0, failed: 0, skipped: 0 };
  const team = lazyTeam({ ...options, ...context }, options.openExecutor !== undefined);
  const run = new RunState(
    { ...context, fromCache: async (files) => (await team.open())?.files(files) },
    options.keepGoing,
    counts,
    (failure) => watch.stop(failure),
    team,
    options.openExecutor,
  );
  emit({ type: 'run-started', pipeline: plan.pipeline, steps: plan.steps.map((step) => step.name) });
  let isPublished = true;
  try {
    await run.all();
    if (!signal.aborted) isPublished = await run.publish(options.artifacts);
    await team.settle();
  } catch (error) {
    throw diskFailure(error, options.artifacts) ?? error;
  } finally {
    watch.close();
    await run.close();
  }
  const interrupted = options.signal.aborted;
  const failed = counts.failed > 0 || !isPublished || watch.failure !== undefined;
  const outcome = interrupted ? 'interrupted' : failed ? 'failed' : 'done';
  const milliseconds = Math.round(performance.now() - start);
  emit({
    ...{ type: 'run-finished', outcome, milliseconds, ...counts },
    ...team.use(),
    ...driftedOf(run.drifted),
  });
  if (!interrupted && team.fault() !== undefined) throw team.fault();
  if (!interrupted && watch.failure !== undefined) throw watch.failure;
  return { outcome, ...(recorder === undefined ? {} : { id: recorder.id }) };
}

/** What a run's end says of the steps whose sources are not those that are pinned. */
function driftedOf(drifted: ReadonlyMap<string, readonly string[]>): {
  readonly drifted?: readonly Drift[];
} {
  if (drifted.size === 0) return {};
  return { drifted: [...drifted].map(([step, changes]) => ({ step, changes })) };
}
