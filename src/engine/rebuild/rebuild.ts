import { join } from 'node:path';
import type { PlannedStep } from '../../recipe/index.ts';
import type { StepEvent } from '../../step/protocol.ts';
import { type ListingEntry, listOutput, removeFolder, temporaryFolder } from '../../store/index.ts';
import type { ResolvedStep } from '../decide.ts';
import { gather, type Gathered, type GatherContext } from '../step/gather.ts';
import type { Done } from '../resolve.ts';
import { sandboxCommand, standardSandbox } from '../step/sandbox.ts';
import { scriptOf } from '../step/script-of.ts';
import { stepCommand } from '../step/step-command.ts';
import { takeOutputs } from '../step/step-failure.ts';
import { runStepProcess, type StepCommand } from '../step/step-process.ts';
import { layOutRebuild, type Circumstances, type RebuildOptions } from './circumstances.ts';
import { observe, type Commands } from './observe.ts';
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
    const { how, command } = await arrange(context, { step, action, turn }, given, options, folder);
    const start = performance.now();
    const end = await runStepProcess(command, {
      logFile: log,
      signal: context.signal,
      onEvent: (event) => context.onEvent(step, event),
      onLine: (line) => context.onLine(step, line),
    });
    context.signal.throwIfAborted();
    const milliseconds = Math.round(performance.now() - start);
    const outputs = await takeOutputs(step, end, log, how.outputFolder, (path) =>
      listOutput(how.outputFolder, path),
    );
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
): Promise<{ how: Circumstances; command: StepCommand }> {
  const script = await scriptOf(step, action, given, folder);
  const layOut = (name: string, variations: RebuildOptions['variations']) => {
    const how = layOutRebuild(
      action,
      given,
      join(folder, name),
      survey,
      { ...options, variations },
      jobs,
      turn,
    );
    return { how, command: stepCommand(step.name, action, how.gathered, script, how.workplace) };
  };
  const first = layOut('first', options.variations);
  const fruitless = await observe(first.how, commandsOf(given, first.how));
  if (fruitless.length === 0) return first;
  await removeFolder(join(folder, 'first'));
  const without = [...options.variations].filter(
    (each) => !fruitless.some(({ variation }) => variation === each),
  );
  const { how, command } = layOut('second', new Set(without));
  return { how: { ...how, unvaried: [...how.unvaried, ...fruitless] }, command };
}

/** How a command of the step is started, without the step: undefined when it has none. */
function commandsOf(given: Gathered, { workplace }: Circumstances): Commands | undefined {
  const { sandbox, onHost, real } = workplace;
  if (!given.sandboxed) return onHost;
  if (given.root === undefined || sandbox === undefined) return undefined;
  // What is mounted for the step alone is not to be seen here.
  const shown = { root: given.root, sources: {}, inputs: {}, stepFolder: real, files: [] };
  return {
    launcher: [...sandboxCommand(shown, sandbox), ...sandbox.launcher],
    environment: standardSandbox.environment,
  };
}
