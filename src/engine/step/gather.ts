import { Failure } from '../../base/index.ts';
import { sandboxFault } from '../../host/index.ts';
import type { PlannedStep } from '../../recipe/index.ts';
import { outputPath, requireBlob, soundTree } from '../../store/index.ts';
import { buildrootDigest, buildrootFolder } from './buildroot-folder.ts';
import type { RunContext } from '../context.ts';
import type { ResolvedStep } from '../decide.ts';
import { outputOf, type Done } from '../resolve.ts';
import { requireTool } from './host-tools.ts';
import type { View } from './sandbox.ts';
import type { Choice } from '../sources/choices.ts';
import type { FetchOptions } from '../sources/step-sources.ts';

/** All that a step's script and commands are given, on the host. */
export interface Gathered extends View {
  /** The unpacked buildroot, for steps that have one. */
  readonly root?: string;
  /** Devices of the host's that the sandbox shows. */
  readonly devices?: readonly string[];
  /** Does the step run in a sandbox? */
  readonly sandboxed: boolean;
}

/** As much of a run's context as gathering needs. */
export type GatherContext = Pick<
  RunContext,
  'store' | 'sources' | 'offline' | 'onHost' | 'signal' | 'emit' | 'fromCache'
>;

/**
 * Makes sure that what the steps before have made for this one is in the store and undamaged, before it is started.
 * @throws DamagedBlob
 */
export async function checkInputs(
  { store }: Pick<RunContext, 'store'>,
  { step, action }: Pick<ResolvedStep, 'step' | 'action'>,
  done: Done,
): Promise<void> {
  for (const { value } of step.inputs.values())
    if (value.kind === 'output') await outputPath(store, outputOf(done, value.step, value.output));
  if (action.environment.kind !== 'buildroot') return;
  const digest = buildrootDigest(action.environment.root);
  if ((await soundTree(store, digest)) === undefined) await requireBlob(store, { digest });
}

/** Makes a step's sources, inputs and buildroot available as files and folders; fetches and unpacks what is missing. */
export async function gather(
  context: GatherContext,
  { step, choice, action }: ResolvedStep,
  done: Done,
): Promise<Gathered> {
  const fetched = await context.sources.fetchChosen(step, choice, fetchOptions(context, step));
  const sources = Object.fromEntries([...fetched].map(([name, { path }]) => [name, path]));
  const inputs: Record<string, string> = {};
  for (const [name, { value }] of step.inputs) {
    inputs[name] =
      value.kind === 'file'
        ? value.path
        : await outputPath(context.store, outputOf(done, value.step, value.output));
  }
  const { environment } = action;
  if (environment.kind === 'host') {
    for (const name of Object.keys(environment.tools)) requireTool(name, step.name);
    return { sources, inputs, sandboxed: false };
  }
  // Whoever runs on the host's own tools, where no sandbox can be made, trusts the scripts too.
  if (environment.kind === 'none' && context.onHost && sandboxReason() !== undefined)
    return { sources, inputs, sandboxed: false };
  requireSandbox();
  const devices = step.recipe.needs?.kvm === true ? { devices: ['/dev/kvm'] } : {};
  if (environment.kind === 'none') return { sources, inputs, ...devices, sandboxed: true };
  const root = await buildrootFolder(context.store, environment.root, context.signal);
  return { sources, inputs, ...devices, sandboxed: true, root };
}

/**
 * Fetches and unpacks what a step's sources lack, and says how far it is.
 * @returns the origins that could be had
 * @throws SourceFailure
 */
export async function fetchSources(context: GatherContext, step: PlannedStep): Promise<Choice> {
  const fetched = await context.sources.fetch(step, fetchOptions(context, step));
  return new Map([...fetched].map(([name, { pinned }]) => [name, pinned]));
}

function fetchOptions({ signal, offline, emit, fromCache }: GatherContext, step: PlannedStep): FetchOptions {
  const onProgress: FetchOptions['onProgress'] = (source, progress) =>
    emit({ type: 'step-fetching', step: step.name, source, ...progress });
  return { signal, offline, onProgress, fromCache };
}

let sandboxKnown: { readonly fault: string | undefined } | undefined;

/** Why this host does not let this user make sandboxes; undefined where it does. */
function sandboxReason(): string | undefined {
  sandboxKnown ??= { fault: sandboxFault() };
  return sandboxKnown.fault;
}

/** @throws Failure 'no-sandbox' where the host does not let this user make namespaces */
function requireSandbox(): void {
  const fault = sandboxReason();
  if (fault === undefined) return;
  throw new Failure('no-sandbox', `steps cannot be sandboxed here: ${fault}`, {
    hint: "Allow user namespaces, or build with this host's own tools: --environment host.",
  });
}
