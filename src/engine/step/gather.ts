import { Failure } from '../../base/index.ts';
import { sandboxFault } from '../../host/index.ts';
import type { PlannedStep } from '../../recipe/index.ts';
import type { FetchProgress } from '../../sources/index.ts';
import { type Action, DamagedBlob, outputPath, requireBlob, soundTree } from '../../store/index.ts';
import { buildrootDigest, buildrootFolder } from './buildroot-folder.ts';
import type { RunContext } from '../context.ts';
import { outputOf, type Done } from '../resolve.ts';
import type { View } from './sandbox.ts';

/** A source that could not be had: its step may be tried with another origin. */
export class SourceFailure extends Failure {
  constructor(source: Failure) {
    super(source.code, source.message, { hint: source.hint, temporary: source.temporary, cause: source });
  }
}

/** All that a step's script and commands are given, on the host. */
export interface Gathered extends View {
  /** The unpacked buildroot, for steps that have one. */
  readonly root?: string;
}

/** As much of a run's context as gathering needs. */
export type GatherContext = Pick<RunContext, 'store' | 'sources' | 'offline' | 'signal' | 'emit'>;

/**
 * Makes sure that what the steps before have made for this one is in the store and undamaged, before it is started.
 * @throws DamagedBlob
 */
export async function checkInputs(
  { store }: Pick<RunContext, 'store'>,
  step: PlannedStep,
  action: Action,
  done: Done,
): Promise<void> {
  for (const { value } of step.inputs.values())
    if (value.kind === 'output') await outputPath(store, outputOf(done, value.step, value.output));
  if (action.environment.kind !== 'buildroot') return;
  const digest = buildrootDigest(action.environment.root);
  if ((await soundTree(store, digest)) === undefined) await requireBlob(store, { digest });
}

/** Has a step's sources, inputs and buildroot in the store as files and folders, fetched and unpacked where they are not. */
export async function gather(
  context: GatherContext,
  step: PlannedStep,
  action: Action,
  done: Done,
): Promise<Gathered> {
  const sources = await fetchSources(context, step, action);
  const inputs: Record<string, string> = {};
  for (const [name, { value }] of step.inputs) {
    inputs[name] =
      value.kind === 'file'
        ? value.path
        : await outputPath(context.store, outputOf(done, value.step, value.output));
  }
  const { environment } = action;
  if (environment.kind !== 'buildroot') return { sources, inputs };
  requireSandbox();
  return { sources, inputs, root: await buildrootFolder(context.store, environment.root) };
}

/** Fetches what the step's sources lack, and says how far it is. @throws SourceFailure */
export async function fetchSources(
  context: GatherContext,
  step: PlannedStep,
  action: Pick<Action, 'sources'>,
): Promise<Record<string, string>> {
  const { signal, offline } = context;
  const onProgress = (source: string, progress: FetchProgress): void =>
    context.emit({ type: 'step-fetching', step: step.name, source, ...progress });
  try {
    return await context.sources.paths(step, action.sources, { signal, offline, onProgress });
  } catch (error) {
    throw error instanceof Failure && !(error instanceof DamagedBlob) ? new SourceFailure(error) : error;
  }
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
