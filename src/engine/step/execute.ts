import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '../../base/index.ts';
import { measuringSpace } from '../../host/index.ts';
import type { PlannedStep } from '../../recipe/index.ts';
import {
  type ActionResult,
  putBytes,
  putOutput,
  readAction,
  removeFolder,
  temporaryFolder,
  withLock,
  writeAction,
} from '../../store/index.ts';
import type { RunContext } from '../context.ts';
import type { ResolvedStep } from '../decide.ts';
import { checkInputs, gather } from './gather.ts';
import { whyRun } from '../preview.ts';
import type { Done } from '../resolve.ts';
import { keepModules, originsOfResult } from '../own-record.ts';
import { scriptOf } from './script-of.ts';
import { stepCommand } from './step-command.ts';
import { runStepProcess } from './step-process.ts';
import { versionsBesideKey } from './host-tools.ts';
import { keepFailed } from './keep-failed.ts';
import { StepFailure, takeOutputs } from './step-failure.ts';

/** Where a step's log grows while it runs. */
export function logPath(context: RunContext, step: PlannedStep, key: Sha256): string {
  return join(context.store.root, 'logs', `${step.name}-${key.slice(0, 12)}-${Date.now().toString(36)}.log`);
}

/** How an action's artifact came to be there. */
export interface Executed {
  readonly result: ActionResult;
  /** Where the script's log is; undefined when another run has made the artifact meanwhile. */
  readonly log?: string;
}

/**
 * Makes the artifact of an action: alone in this store at a time, in a fresh folder, kept only when all of its
 * outputs are there. When another run made it meanwhile, that is the result.
 * @param done the steps before it
 * @throws StepFailure, SourceFailure; DamagedBlob when something that a step before it made is damaged or gone
 */
export async function executeAction(
  context: RunContext,
  resolved: ResolvedStep,
  done: Done,
): Promise<Executed> {
  const { store, emit } = context;
  const { step, key } = resolved;
  const make = async (): Promise<Executed> => {
    const existing = readAction(store, key);
    if (existing !== undefined) return { result: existing };
    await checkInputs(context, resolved, done);
    const log = logPath(context, step, key);
    emit({ type: 'step-started', step: step.name, key, why: whyRun(context, step, resolved.action), log });
    const work = temporaryFolder(store, 'step');
    try {
      return await measuringSpace(store.root, async () => {
        const result = await runScript(context, resolved, done, work, log);
        await writeAction(store, result);
        return { result, log };
      });
    } catch (error) {
      if (context.keepFailed === true && error instanceof StepFailure)
        error.kept = await keepFailed(store, join(work, 'step'), `${step.name}-${key.slice(0, 12)}`);
      throw error;
    } finally {
      await removeFolder(work);
    }
  };
  return withLock(join(store.root, 'locks', `action-${key}`), make, () =>
    emit({ type: 'step-waiting', step: step.name, key }),
  );
}

/** Runs the script and puts its outputs into the store. @param work a folder that is the step's own */
async function runScript(
  context: RunContext,
  resolved: ResolvedStep,
  done: Done,
  work: string,
  log: string,
): Promise<ActionResult> {
  const { store, jobs, signal, emit } = context;
  const { step, action, key } = resolved;
  const folder = join(work, 'step');
  const outputFolder = join(folder, 'out');
  mkdirSync(join(folder, 'build'), { recursive: true });
  mkdirSync(outputFolder);
  const gathered = await gather(context, resolved, done);
  const script = await scriptOf(step, action, gathered, work);
  const tools = await versionsBesideKey(context, action, step.name);
  const command = stepCommand(step.name, action, gathered, script, { folder, real: folder, jobs });
  const started = new Date().toISOString();
  const start = performance.now();
  const end = await runStepProcess(command, {
    logFile: log,
    signal,
    onEvent: (event) => emit({ type: 'step-event', step: step.name, event }),
    onLine: (line) => emit({ type: 'step-output', step: step.name, line }),
  });
  signal.throwIfAborted();
  const duration = Math.round(performance.now() - start);
  checkUserFiles(context, step);
  const outputs = await takeOutputs(step, end, log, outputFolder, (path) =>
    putOutput(store, outputFolder, path),
  );
  await keepModules(store, step, action);
  const kept = await putBytes(store, await readFile(log));
  return {
    key,
    action,
    outputs,
    notes: end.notes,
    ...(tools === undefined ? {} : { tools }),
    started,
    duration,
    log: kept.digest,
    ...originsOfResult(resolved, done),
  };
}

/**
 * A user's file that was written to meanwhile may have been read as it was before or after, or in part.
 * @throws Failure 'file-changed'
 */
function checkUserFiles({ sources }: Pick<RunContext, 'sources'>, step: PlannedStep): void {
  for (const { value } of step.inputs.values()) if (value.kind === 'file') sources.checkUserFile(value.path);
}
