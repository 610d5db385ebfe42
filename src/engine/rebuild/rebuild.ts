import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Sha256 } from '../../base/index.ts';
import type { PlannedStep } from '../../recipe/index.ts';
import type { StepEvent } from '../../step/protocol.ts';
import { listOutput, removeFolder, temporaryFolder, type ListingEntry } from '../../store/index.ts';
import type { Action } from '../action.ts';
import { gather, type GatherContext } from '../gather.ts';
import type { Done } from '../resolve.ts';
import { sandboxPrefix } from '../sandbox.ts';
import { takeOutputs } from '../step-failure.ts';
import { runStepProcess } from '../step-process.ts';
import { stepRequest } from '../step-request.ts';
import { layOutRebuild, type Wish } from './circumstances.ts';
import { observe } from './observe.ts';
import type { Survey } from './survey.ts';
import type { Unvaried, Variation } from './variation.ts';

/** A step whose stored artifact is to be made again. */
export interface StoredStep {
  readonly step: PlannedStep;
  readonly action: Action;
  readonly key: Sha256;
  /** The outputs of the steps before it. */
  readonly done: Done;
  /** Its place in the plan. */
  readonly turn: number;
}

export interface Rebuilt {
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
  { step, action, done, turn }: StoredStep,
  wish: Wish,
  log: string,
  use: (rebuilt: Rebuilt) => Promise<T>,
): Promise<T> {
  const folder = temporaryFolder(context.store, 'rebuild');
  try {
    const given = await gather(context, step, action, done);
    const how = layOutRebuild(action, given, folder, context.survey, wish, context.jobs, turn);
    const request = stepRequest(step.name, action, how.gathered, how.workplace);
    // What is mounted for the step alone is not to be seen here.
    const eyes = { root: given.root, work: makeFolder(folder, 'eyes') };
    const commandPrefix =
      eyes.root === undefined
        ? request.commandPrefix
        : sandboxPrefix(eyes.root, eyes.work, { sources: {}, inputs: {} }, how.workplace.sandbox);
    const fruitless = await observe(how, { ...request, commandPrefix });
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
      ...{ folder: how.outputFolder, outputs, milliseconds },
      varied: how.varied.filter((each) => !fruitless.some(({ variation }) => variation === each)),
      unvaried: [...how.unvaried, ...fruitless],
    });
  } finally {
    await removeFolder(folder);
  }
}

function makeFolder(...names: readonly string[]): string {
  const folder = join(...names);
  mkdirSync(folder, { recursive: true });
  return folder;
}
