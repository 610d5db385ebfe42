import { existsSync, mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, type Sha256 } from '../base/index.ts';
import { packageRoot, sandboxFault } from '../host/index.ts';
import type { PlannedStep } from '../recipe/index.ts';
import type { FetchProgress } from '../sources/index.ts';
import { protocolVersion, type StepRequest } from '../step/protocol.ts';
import {
  hasBlob,
  outputPath,
  putBytes,
  putOutput,
  readAction,
  removeFolder,
  temporaryFolder,
  withLock,
  writeAction,
  type ActionResult,
  type Output,
} from '../store/index.ts';
import { type Action } from './action.ts';
import { buildrootFolder } from './buildroot-folder.ts';
import type { RunContext } from './context.ts';
import { outputOf, type Done } from './resolve.ts';
import { hostEnvironment, sandboxEnvironment, sandboxPrefix, sandboxView, type View } from './sandbox.ts';
import { runStepProcess, type StepEnd } from './step-process.ts';

/** A step's script ended without its outputs: not a bug of ours, and its log is worth showing. */
export class StepFailure extends Failure {
  readonly log: string;
  readonly tail: readonly string[];

  constructor(message: string, log: string, end: StepEnd) {
    super('step-failed', message, { hint: end.failure?.hint });
    this.log = log;
    this.tail = end.tail;
  }
}

/** A source that could not be had: its step may be tried with another origin. */
export class SourceFailure extends Failure {
  constructor(source: Failure) {
    super(source.code, source.message, { hint: source.hint, temporary: source.temporary, cause: source });
  }
}

/** Where a step's log grows while it runs. */
export function logPath(context: RunContext, step: PlannedStep, key: Sha256): string {
  return join(context.store.root, 'logs', `${step.name}-${key.slice(0, 12)}-${Date.now().toString(36)}.log`);
}

/**
 * Makes the artifact of an action: alone in this store at a time, in a fresh folder, kept only when all of its
 * outputs are there. When another run made it meanwhile, that is the result, and `shared` is true.
 * @throws StepFailure, SourceFailure
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
    const log = logPath(context, step, key);
    started(log);
    const work = temporaryFolder(store, 'step');
    try {
      const { request, workFolder } = await prepare(context, step, action, done, work);
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
      const outputs = await keepOutputs(context, step, request.outputFolder, log, end);
      await keepModules(context, step, action);
      const kept = await putBytes(store, await readFile(log));
      const result = {
        key,
        action,
        outputs,
        notes: end.notes,
        duration,
        log: kept.digest,
      } as unknown as ActionResult;
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

/** Lays out the step's folders and gathers what it will see. */
async function prepare(
  context: RunContext,
  step: PlannedStep,
  action: Action,
  done: Done,
  work: string,
): Promise<{ request: StepRequest; workFolder: string }> {
  const workFolder = join(work, 'build');
  const outputFolder = join(work, 'out');
  mkdirSync(workFolder);
  mkdirSync(outputFolder);
  const view: View = { sources: await fetchSources(context, step, action), inputs: {} };
  const inputs: Record<string, string> = {};
  for (const [name, { value }] of step.inputs) {
    inputs[name] =
      value.kind === 'file'
        ? value.path
        : await outputPath(context.store, outputOf(done, value.step, value.output));
  }
  const hostView = { ...view, inputs };
  const { environment } = action;
  const inside = environment.kind === 'buildroot';
  if (inside) requireSandbox();
  const root = inside ? await buildrootFolder(context.store, environment.root) : undefined;
  const request: StepRequest = {
    protocol: protocolVersion,
    step: step.name,
    parameters: action.parameters,
    ...(inside ? sandboxView(hostView) : hostView),
    outputs: action.outputs,
    outputFolder,
    jobs: context.jobs,
    commandPrefix:
      root !== undefined
        ? sandboxPrefix(root, workFolder, hostView)
        : environment.kind === 'host'
          ? []
          : null,
    commandEnvironment: inside ? sandboxEnvironment : hostEnvironment(workFolder),
  };
  return { request, workFolder };
}

let sandboxWorks = false;

/** @throws Failure 'no-sandbox' where the host does not let this user make namespaces */
function requireSandbox(): void {
  if (sandboxWorks) return;
  const fault = sandboxFault();
  if (fault !== undefined) {
    throw new Failure('no-sandbox', `steps cannot be sandboxed here: ${fault}`, {
      hint: "Allow user namespaces, or build with this host's own tools: --environment host.",
    });
  }
  sandboxWorks = true;
}

/** Fetches what the step's sources lack, and says how far it is. */
export async function fetchSources(
  context: RunContext,
  step: PlannedStep,
  action: Pick<Action, 'sources'>,
): Promise<Record<string, string>> {
  const { signal, offline } = context;
  const onProgress = (source: string, progress: FetchProgress): void =>
    context.emit({ type: 'step-fetching', step: step.name, source, ...progress });
  try {
    return await context.sources.paths(step, action.sources, { signal, offline, onProgress });
  } catch (error) {
    throw error instanceof Failure ? new SourceFailure(error) : error;
  }
}

async function keepOutputs(
  context: RunContext,
  step: PlannedStep,
  folder: string,
  log: string,
  end: StepEnd,
): Promise<Record<string, Output>> {
  if (end.exitCode !== 0) {
    const how = end.signal === null ? `exit code ${end.exitCode ?? 'unknown'}` : `signal ${end.signal}`;
    throw new StepFailure(end.failure?.message ?? `its script ended with ${how}`, log, end);
  }
  const outputs: Record<string, Output> = {};
  for (const [name, { value: path }] of step.recipe.outputs) {
    try {
      outputs[name] = await putOutput(context.store, folder, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw new StepFailure(
        `its script ended well, but the output "${name}" (${path}) is not there`,
        log,
        end,
      );
    }
  }
  return outputs;
}

/** Keeps the script's modules as they were, so that `plan` can name the line that changes later. */
async function keepModules(context: RunContext, step: PlannedStep, action: Action): Promise<void> {
  for (const [name, digest] of Object.entries(action.modules)) {
    if (hasBlob(context.store, digest)) continue;
    const own = join(step.recipe.root, name);
    await putBytes(context.store, await readFile(existsSync(own) ? own : join(packageRoot, name)));
  }
}
