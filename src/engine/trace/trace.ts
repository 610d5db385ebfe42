import { createReadStream, existsSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import PQueue from 'p-queue';
import { isAborted, Failure } from '../../base/index.ts';
import { findTool, packageRoot, readSystemPackages, type SystemPackages } from '../../host/index.ts';
import type { Plan, PlannedStep } from '../../recipe/index.ts';
import { type Action, openMemo, openSession, type Store, temporaryFolder } from '../../store/index.ts';
import type { UntimedEvent } from '../context.ts';
import type { RunEvent } from '../events.ts';
import { failureEvent } from '../failure-event.ts';
import { withRebuilt, type Rebuilt, type RebuildContext } from '../rebuild/rebuild.ts';
import { storedSteps, type Stored } from '../rebuild/stored-steps.ts';
import type { StepSources } from '../sources/step-sources.ts';
import { undeclaredReads, type Declared, type Undeclared } from './declared.ts';
import { straceOptions, StraceReader, type StraceLog } from './strace-log.ts';

export interface TraceOptions {
  readonly store: Store;
  readonly plan: Plan;
  readonly sources: StepSources;
  readonly jobs: number;
  readonly offline: boolean;
  readonly onHost: boolean;
  readonly signal: AbortSignal;
  readonly onEvent: (event: RunEvent) => void;
}

export interface TraceOutcome {
  readonly outcome: 'declared' | 'undeclared' | 'failed' | 'interrupted';
}

/** Nothing is varied: what was found out about the host would not be used. */
const nothing: Pick<RebuildContext, 'survey'> = {
  survey: { cpus: [], clockLibrary: undefined, locales: undefined, fileOrder: false, hostName: false },
};

/**
 * Runs every step on the host's own tools again, outside the action cache and under strace, and tells what its script
 * and its commands read without declaring it. Sandboxed steps are left alone: what is not declared is not there.
 * @throws Failure 'no-trace' where strace is not to be had
 */
export async function tracePlan(options: TraceOptions): Promise<TraceOutcome> {
  const { store, plan, signal } = options;
  const begin = performance.now();
  const emit = (event: UntimedEvent): void => options.onEvent({ time: Date.now(), ...event });
  if (findTool('strace') === undefined) {
    throw new Failure('no-trace', 'strace, which shows what a step opens, is not installed', {
      hint: 'Install it: apt-get install strace',
    });
  }
  const stored = await storedSteps({ ...options, facts: openMemo(store, 'facts') }, []);
  const session = await openSession(store);
  const counts = { declared: 0, undeclared: 0, failed: 0 };
  try {
    const folder = temporaryFolder(store, 'trace');
    const context: RebuildContext = {
      ...options,
      ...nothing,
      emit,
      onEvent: ({ name: step }, event) => emit({ type: 'step-event', step, event }),
      onLine: ({ name: step }, line) => emit({ type: 'step-output', step, line }),
    };
    const system = readSystemPackages();
    const names = stored.map(({ step }) => step.name);
    emit({ type: 'run-started', pipeline: `trace ${plan.pipeline}`, steps: names });
    const queue = new PQueue({ concurrency: options.jobs });
    await queue.addAll(
      stored.map((one) => async () => {
        if (isAborted(signal)) return;
        try {
          const found = await traceStep(context, one, folder, system);
          counts[found.length > 0 ? 'undeclared' : 'declared'] += 1;
        } catch (error) {
          if (isAborted(signal)) return;
          counts.failed += 1;
          emit(failureEvent(one.step, error));
        }
      }),
    );
  } finally {
    await session.release();
  }
  const outcome = isAborted(signal)
    ? 'interrupted'
    : counts.failed > 0
      ? 'failed'
      : counts.undeclared > 0
        ? 'undeclared'
        : 'declared';
  emit({ type: 'trace-finished', outcome, milliseconds: Math.round(performance.now() - begin), ...counts });
  return { outcome };
}

async function traceStep(
  context: RebuildContext,
  one: Stored,
  folder: string,
  system: SystemPackages | undefined,
): Promise<readonly Undeclared[]> {
  const { step, action, key } = one;
  if (action.environment.kind !== 'host') {
    context.emit({
      type: 'step-traced',
      step: step.name,
      key,
      milliseconds: 0,
      sandboxed: true,
      opened: 0,
      undeclared: [],
    });
    return [];
  }
  const log = join(
    context.store.root,
    'logs',
    `${step.name}-${key.slice(0, 12)}-trace-${Date.now().toString(36)}.log`,
  );
  context.emit({ type: 'step-started', step: step.name, key, why: ['it runs again under strace'], log });
  const straceLog = join(folder, `${step.name}.strace`);
  const options = { variations: new Set<never>(), launcher: straceOptions(straceLog) };
  const { undeclared, opened, milliseconds } = await withRebuilt(
    context,
    one,
    options,
    log,
    async (rebuilt) => {
      const trace = await readTrace(straceLog);
      const reads = undeclaredReads(trace, declaredOf(step, action, rebuilt), system);
      return { undeclared: reads, opened: trace.opened.length, milliseconds: rebuilt.milliseconds };
    },
  );
  context.emit({
    type: 'step-traced',
    step: step.name,
    key,
    milliseconds,
    sandboxed: false,
    opened,
    undeclared,
  });
  return undeclared;
}

async function readTrace(path: string): Promise<StraceLog> {
  const reader = new StraceReader();
  if (!existsSync(path)) {
    throw new Failure('no-trace', 'strace wrote nothing: this host may not let processes be traced', {
      hint: 'Containers often forbid ptrace; run it where it is allowed.',
    });
  }
  for await (const line of createInterface({ input: createReadStream(path, 'utf8') })) reader.take(line);
  return reader.end();
}

function declaredOf(step: PlannedStep, action: Action, rebuilt: Rebuilt): Declared {
  const { environment } = action;
  const modules = Object.keys(action.modules).map((name) => {
    const own = join(step.recipe.root, name);
    return existsSync(own) ? own : join(packageRoot, name);
  });
  return {
    places: [rebuilt.home, ...Object.values(rebuilt.given.sources), ...Object.values(rebuilt.given.inputs)],
    // Node looks for the kind of a module in the project's package.json.
    modules: [...modules, join(step.recipe.root, 'package.json'), join(step.recipe.root, 'tsconfig.json')],
    tools: environment.kind === 'host' ? [...Object.keys(environment.tools), 'setpriv'] : [],
  };
}
