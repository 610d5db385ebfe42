import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import PQueue from 'p-queue';
import { diskFailure, SpaceWatch } from '../../host/index.ts';
import type { Plan } from '../../recipe/index.ts';
import { openMemo, openSession, temporaryFolder, type Store } from '../../store/index.ts';
import type { UntimedEvent } from '../context.ts';
import type { RunEvent } from '../events.ts';
import { failureEvent } from '../failure-event.ts';
import type { StepSources } from '../sources/step-sources.ts';
import { blame } from './blame.ts';
import { isSame, judge, wordOf } from './judge.ts';
import { checkStored } from './check-stored.ts';
import { withRebuilt, type RebuildContext, type Rebuilt } from './rebuild.ts';
import { storedSteps, type Stored } from './stored-steps.ts';
import type { RebuiltStep, Subject } from '../../provenance/index.ts';
import { surveyHost } from './survey.ts';
import type { Variation } from './variation.ts';
import type { StepVerdict, Verdict } from './verdict.ts';
import { isAborted } from '../../base/index.ts';

export interface VerifyOptions {
  readonly store: Store;
  readonly plan: Plan;
  readonly sources: StepSources;
  /** The steps to be verified; none for all. */
  readonly steps: readonly string[];
  readonly variations: ReadonlySet<Variation>;
  /** Look for what makes a step differ: always, never, or where it takes less than half a minute to make. */
  readonly blame: boolean | undefined;
  /** Absolute: where both versions of what differs are kept. */
  readonly keep?: string;
  readonly jobs: number;
  readonly offline: boolean;
  readonly onHost: boolean;
  readonly signal: AbortSignal;
  readonly onEvent: (event: RunEvent) => void;
}

export interface VerifyOutcome {
  readonly outcome: 'same' | 'different' | 'interrupted';
  /** What was made again, in the plan's order. */
  readonly steps: readonly RebuiltStep[];
}

/** A step that was rebuilt within this time is rebuilt a few times more to find what makes it differ; milliseconds. */
const soon = 30_000;

/**
 * Rebuilds steps outside the action cache, each under variations and from its stored inputs, so all at once as far as
 * the jobs allow, and compares what they make with what is stored.
 * @throws Failure 'unknown-step'; 'not-made' when something is not in the store
 */
export async function verifyPlan(options: VerifyOptions): Promise<VerifyOutcome> {
  const { store, plan } = options;
  const watch = new SpaceWatch(store.root);
  const signal = AbortSignal.any([options.signal, watch.signal]);
  const begin = performance.now();
  const emit = (event: UntimedEvent): void => options.onEvent({ time: Date.now(), ...event });
  const stored = await storedSteps({ ...options, facts: openMemo(store, 'facts') }, options.steps);
  const session = await openSession(store);
  const rebuilt = new Map<string, RebuiltStep>();
  const counts = { identical: 0, varies: 0, different: 0, failed: 0 };
  try {
    const folder = temporaryFolder(store, 'survey');
    const context: VerifyContext = {
      ...options,
      signal,
      emit,
      folder,
      survey: await surveyHost(folder),
      ...listen(emit),
    };
    const names = stored.map(({ step }) => step.name);
    emit({ type: 'run-started', pipeline: `verify ${plan.pipeline}`, steps: names });
    const queue = new PQueue({ concurrency: options.jobs });
    await queue.addAll(
      stored.map((one) => async () => {
        if (isAborted(signal)) return;
        try {
          const { verdict, files } = await verifyStep(context, one);
          counts[verdict] += 1;
          rebuilt.set(one.step.name, { ...nameOf(one), verdict, files });
        } catch (error) {
          if (isAborted(signal)) return;
          const full = diskFailure(error, store.root);
          if (full !== undefined) {
            watch.stop(full);
            return;
          }
          counts.failed += 1;
          rebuilt.set(one.step.name, { ...nameOf(one), verdict: 'failed', files: [] });
          emit(failureEvent(one.step, error));
        }
      }),
    );
  } catch (error) {
    throw diskFailure(error, store.root) ?? error;
  } finally {
    watch.close();
    await session.release();
  }
  if (watch.failure !== undefined && !options.signal.aborted) throw watch.failure;
  const bad = counts.different + counts.failed > 0;
  const outcome = signal.aborted ? 'interrupted' : bad ? 'different' : 'same';
  emit({ type: 'verify-finished', outcome, milliseconds: Math.round(performance.now() - begin), ...counts });
  return { outcome, steps: stored.flatMap(({ step }) => rebuilt.get(step.name) ?? []) };
}

interface VerifyContext extends RebuildContext, Pick<VerifyOptions, 'variations' | 'blame' | 'keep'> {
  readonly folder: string;
}

function listen(emit: (event: UntimedEvent) => void): Pick<RebuildContext, 'onEvent' | 'onLine'> {
  return {
    onEvent: ({ name: step }, event) => emit({ type: 'step-event', step, event }),
    onLine: ({ name: step }, line) => emit({ type: 'step-output', step, line }),
  };
}

async function verifyStep(
  context: VerifyContext,
  one: Stored,
): Promise<{ readonly verdict: Verdict; readonly files: readonly Subject[] }> {
  const { store, emit, variations } = context;
  const { step, key } = one;
  const log = join(
    store.root,
    'logs',
    `${step.name}-${key.slice(0, 12)}-verify-${Date.now().toString(36)}.log`,
  );
  await checkStored(store, one);
  emit({
    type: 'step-started',
    step: step.name,
    key,
    why: ['it is rebuilt, to compare it with the stored one'],
    log,
  });
  const { milliseconds, files, ...found } = await withRebuilt(
    context,
    one,
    { variations },
    log,
    async (rebuilt) => {
      const folder = join(context.folder, step.name);
      mkdirSync(folder);
      const judging = { store, folder, ...(context.keep === undefined ? {} : { keep: context.keep }) };
      const outputs = await judge(judging, step, one.outputs, rebuilt);
      const { varied, unvaried } = rebuilt;
      return {
        ...{ outputs, varied, unvaried, milliseconds: rebuilt.milliseconds },
        files: rebuiltFiles(one.outputs, rebuilt.outputs),
      };
    },
  );
  const verdict = worst(found.outputs.map((output) => output.verdict));
  const seek = verdict === 'different' && (context.blame ?? milliseconds < soon);
  const cause = seek ? await findCause(context, one, found, log) : undefined;
  const report: StepVerdict = { verdict, ...found, ...(cause === undefined ? {} : { cause }) };
  emit({ type: 'step-verified', step: step.name, key, milliseconds, log, ...report });
  return { verdict, files };
}

function nameOf({ step, key }: Stored): Pick<RebuiltStep, 'step' | 'key' | 'after'> {
  return { step: step.name, key, after: step.after };
}

/** The files of rebuilt outputs, by their paths in the artifact. */
function rebuiltFiles(stored: Stored['outputs'], made: Rebuilt['outputs']): Subject[] {
  return Object.entries(made).flatMap(([name, entries]) => {
    const output = stored[name];
    const folder = output?.type === 'directory' ? `${output.path.replace(/\/$/, '')}/` : '';
    return entries.flatMap((entry) =>
      entry.type === 'file' ? [{ name: `${folder}${entry.path}`, digest: { sha256: entry.digest } }] : [],
    );
  });
}

function worst(verdicts: readonly Verdict[]): Verdict {
  return (['different', 'varies'] as const).find((each) => verdicts.includes(each)) ?? 'identical';
}

async function findCause(
  context: VerifyContext,
  one: Stored,
  { varied, unvaried }: Pick<StepVerdict, 'varied' | 'unvaried'>,
  log: string,
): Promise<string> {
  const { step, outputs: stored } = one;
  const hasClock = !unvaried.some(({ variation }) => variation === 'clock');
  return blame(varied, hasClock, (options) =>
    withRebuilt(context, one, options, log, ({ outputs }) => {
      const must = Object.entries(outputs).filter(([name]) => !step.recipe.varies.has(name));
      const word = JSON.stringify(must.map(([name, entries]) => [name, entries.map(wordOf)]));
      return Promise.resolve({ same: isSame(context.store, step, stored, outputs), word });
    }),
  );
}
