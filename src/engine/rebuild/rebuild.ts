import { join } from 'node:path';
import type { PlannedStep } from '../../recipe/index.ts';
import type { StepEvent, StepRequest } from '../../step/protocol.ts';
import { type ListingEntry, listOutput, removeFolder, temporaryFolder } from '../../store/index.ts';
import type { ResolvedStep } from '../decide.ts';
import { gather, type Gathered, type GatherContext } from '../step/gather.ts';
import type { Done } from '../resolve.ts';
import { sandboxPrefix } from '../step/sandbox.ts';
import { takeOutputs } from '../step/step-failure.ts';
import { runStepProcess } from '../step/step-process.ts';
import { stepRequest } from '../step/step-request.ts';
import { layOutRebuild, type Circumstances, type RebuildOptions } from './circumstances.ts';
import { observe } from './observe.ts';
import type { Survey } from './survey.ts';
import type { Unvaried, Variation } from './variation.ts';

/** A step whose stored artifact is to be made again. */
export interface StoredStep extends ResolvedStep {
  /** The outputs of the steps before it. */
  readonly done: Done;
  /** Its place in the plan. */
  readonly turn: number;
}

export interface Rebuilt {
  /** Absolute: all that the rebuild has of its own is in it. */
  readonly home: string;
  readonly given: Gathered;
  /** Absolute: the outputs lie in it at the paths that the recipe declares, until the caller's work is done. */
  readonly folder: string;
  readonly outputs: Readonly<Record<string, readonly ListingEntry[]>>;
  readonly varied: readonly Variation[];
  readonly unvaried: readonly Unvaried[];
  /** Of the script. */
  readonly milliseconds: number;
}

export interface RebuildContext extends GatherContext {
  readonly survey: Survey;
  readonly jobs: number;
  readonly onEvent: (step: PlannedStep, event: StepEvent) => void;
  readonly onLine: (step: PlannedStep, line: string) => void;
}

/**
 * Runs a stored step's script again, in a folder that goes when `use` is done: nothing comes from the action cache and
 * nothing goes into it.
 * @throws StepFailure when the script fails; SourceFailure
 */
export async function withRebuilt<T>(
  context: RebuildContext,
  stored: StoredStep,
  options: RebuildOptions,
  log: string,
  use: (rebuilt: Rebuilt) => Promise<T>,
): Promise<T> {
  const { step, action, done, turn } = stored;
  const folder = temporaryFolder(context.store, 'rebuild');
  try {
    const given = await gather(context, stored, done);
    const { how, request } = await arrange(context, { step, action, turn }, given, options, folder);
    const start = performance.now();
    const end = await runStepProcess({
      script: join(step.recipe.root, action.script),
      request,
      requestFile: join(folder, 'request.json'),
      workFolder: how.firstFolder,
      logFile: log,
      launcher: how.launcher,
      nodeOptions: how.nodeOptions,
      environment: how.environment,
      signal: context.signal,
      onEvent: (event) => context.onEvent(step, event),
      onLine: (line) => context.onLine(step, line),
    });
    context.signal.throwIfAborted();
    const milliseconds = Math.round(performance.now() - start);
    const outputs = await takeOutputs(step, end, log, (path) => listOutput(how.outputFolder, path));
    return await use({
      home: folder,
      given,
      folder: how.outputFolder,
      outputs,
      milliseconds,
      varied: how.varied,
      unvaried: how.unvaried,
    });
  } finally {
    await removeFolder(folder);
  }
}

/** Lays the rebuild out, and once more without what turned out not to work in there. */
async function arrange(
  { survey, jobs }: RebuildContext,
  { step, action, turn }: Pick<StoredStep, 'step' | 'action' | 'turn'>,
  given: Gathered,
  options: RebuildOptions,
  folder: string,
): Promise<{ how: Circumstances; request: StepRequest }> {
  const layOut = (name: string, variations: RebuildOptions['variations']) => {
    const home = join(folder, name);
    const how = layOutRebuild(action, given, home, survey, { ...options, variations }, jobs, turn);
    return { home, how, request: stepRequest(step.name, action, how.gathered, how.workplace) };
  };
  const first = layOut('first', options.variations);
  // What is mounted for the script alone is not to be seen here.
  const eyes = { sources: {}, inputs: {} };
  const commandPrefix =
    given.root === undefined
      ? first.request.commandPrefix
      : sandboxPrefix(given.root, first.how.firstFolder, eyes, first.how.workplace.sandbox);
  const fruitless = await observe(first.how, { ...first.request, commandPrefix });
  if (fruitless.length === 0) return first;
  await removeFolder(first.home);
  const without = [...options.variations].filter(
    (each) => !fruitless.some(({ variation }) => variation === each),
  );
  const { how, request } = layOut('second', new Set(without));
  return { how: { ...how, unvaried: [...how.unvaried, ...fruitless] }, request };
}
