import { existsSync, mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '../../base/index.ts';
import { packageRoot } from '../../host/index.ts';
import type { PlannedStep } from '../../recipe/index.ts';
import {
  type Action,
  type ActionResult,
  hasBlob,
  putBytes,
  putOutput,
  readAction,
  removeFolder,
  temporaryFolder,
  withLock,
  writeAction,
} from '../../store/index.ts';
import type { RunContext } from '../context.ts';
import { checkInputs, gather } from './gather.ts';
import type { Done } from '../resolve.ts';
import { takeOutputs } from './step-failure.ts';
import { runStepProcess } from './step-process.ts';
import { stepRequest } from './step-request.ts';

/** Where a step's log grows while it runs. */
export function logPath(context: RunContext, step: PlannedStep, key: Sha256): string {
  return join(context.store.root, 'logs', `${step.name}-${key.slice(0, 12)}-${Date.now().toString(36)}.log`);
}

/**
 * Makes the artifact of an action: alone in this store at a time, in a fresh folder, kept only when all of its
 * outputs are there. When another run made it meanwhile, that is the result, and `shared` is true.
 * @throws StepFailure, SourceFailure; DamagedBlob when something that a step before it made is damaged or gone
 */
export async function executeAction(
  context: RunContext,
  step: PlannedStep,
  action: Action,
  key: Sha256,
  done: Done,
  started: (log: string) => void,
): Promise<{ readonly result: ActionResult; readonly shared: boolean }> {
  const { store } = context;
  const make = async (): Promise<{ result: ActionResult; shared: boolean }> => {
    const existing = readAction(store, key);
    if (existing !== undefined) return { result: existing, shared: true };
    await checkInputs(context, step, action, done);
    const log = logPath(context, step, key);
    started(log);
    const work = temporaryFolder(store, 'step');
    try {
      const [workFolder, outputFolder] = [join(work, 'build'), join(work, 'out')];
      mkdirSync(workFolder);
      mkdirSync(outputFolder);
      const gathered = await gather(context, step, action, done);
      const { jobs } = context;
      const request = stepRequest(step.name, action, gathered, { workFolder, outputFolder, jobs });
      const started = new Date().toISOString();
      const start = performance.now();
      const end = await runStepProcess({
        script: join(step.recipe.root, action.script),
        request,
        requestFile: join(work, 'request.json'),
        workFolder,
        logFile: log,
        signal: context.signal,
        onEvent: (event) => context.emit({ type: 'step-event', step: step.name, event }),
        onLine: (line) => context.emit({ type: 'step-output', step: step.name, line }),
      });
      context.signal.throwIfAborted();
      const duration = Math.round(performance.now() - start);
      checkUserFiles(context, step);
      const outputs = await takeOutputs(step, end, log, (path) => putOutput(store, outputFolder, path));
      await keepModules(context, step, action);
      const kept = await putBytes(store, await readFile(log));
      const result: ActionResult = {
        key,
        action,
        outputs,
        notes: end.notes,
        materials: context.sources.materials(step, action.sources),
        producers: producersOf(step, action, done),
        started,
        duration,
        log: kept.digest,
      };
      await writeAction(store, result);
      return { result, shared: false };
    } finally {
      await removeFolder(work);
    }
  };
  return withLock(join(store.root, 'locks', `action-${key}`), make, () =>
    context.emit({ type: 'step-waiting', step: step.name, key }),
  );
}

/**
 * A user's file that was written to meanwhile may have been read as it was before or after, or in part.
 * @throws Failure 'file-changed'
 */
export function checkUserFiles({ sources }: Pick<RunContext, 'sources'>, step: PlannedStep): void {
  for (const { value } of step.inputs.values()) if (value.kind === 'file') sources.checkUserFile(value.path);
}

/** The keys of the actions that made what the step was given. */
function producersOf(step: PlannedStep, action: Action, done: Done): Record<string, Sha256> {
  const keys: Record<string, Sha256> = {};
  const add = (name: string, from: string | undefined): void => {
    const made = from === undefined ? undefined : done.get(from);
    if (made !== undefined) keys[name] = made.key;
  };
  for (const [name, { value }] of step.inputs) add(name, value.kind === 'output' ? value.step : undefined);
  if (action.environment.kind === 'buildroot') add('', step.buildrootStep);
  return keys;
}

/** Keeps the script's modules as they were, so that `plan` can name the line that changes later. */
async function keepModules(context: RunContext, step: PlannedStep, action: Action): Promise<void> {
  for (const [name, digest] of Object.entries(action.modules)) {
    if (hasBlob(context.store, digest)) continue;
    const own = join(step.recipe.root, name);
    await putBytes(context.store, await readFile(existsSync(own) ? own : join(packageRoot, name)));
  }
}
