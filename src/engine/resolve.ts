import { Failure, type Sha256 } from '../base/index.ts';
import type { PlannedStep } from '../recipe/index.ts';
import { protocolVersion } from '../step/protocol.ts';
import {
  type Action,
  type ActionEnvironment,
  type ActionResult,
  keyVersion,
  type Output,
} from '../store/index.ts';
import type { RunContext } from './context.ts';
import { scriptClosure, scriptPlace } from './script/ready-script.ts';
import { anyVersion, hostToolVersion } from './step/host-tools.ts';
import { requireHostTrust } from './step/trust.ts';

/** A step that is done: its action's key and its outputs. */
export type Made = Pick<ActionResult, 'key' | 'outputs'>;
/** The steps that are done, by name. */
export type Done = ReadonlyMap<string, Made>;

type ResolveContext = Pick<RunContext, 'sources' | 'onHost' | 'facts'> & Hashing;

/** Who is told how much of a user's file has been read, and who may end it. */
export type Hashing = Partial<Pick<RunContext, 'emit' | 'signal'>>;

/**
 * Resolves a step whose predecessors are done into an action.
 * @param sources the digest of each source, of the origin chosen
 */
export async function resolveStep(
  context: ResolveContext,
  step: PlannedStep,
  done: Done,
  sources: Readonly<Record<string, Sha256>>,
): Promise<Action> {
  const { recipe } = step;
  const inputs: Record<string, string> = {};
  for (const [name, { value }] of step.inputs) {
    inputs[name] =
      value.kind === 'output'
        ? outputWord(outputOf(done, value.step, value.output))
        : `file:${await hashInput(context, step, name, value.path)}`;
  }
  return {
    keyVersion,
    protocol: protocolVersion,
    platform: `${process.platform}-${process.arch}`,
    script: recipe.script.value,
    ...(await scriptClosure(scriptPlace(recipe), context.facts)),
    parameters: Object.fromEntries([...step.parameters].map(([name, { value }]) => [name, value])),
    sources,
    inputs,
    environment: await resolveEnvironment(context, step, done),
    outputs: Object.fromEntries([...recipe.outputs].map(([name, { value }]) => [name, value])),
  };
}

/** A user's file may be as large as a disk: how much of it has been read is told. */
function hashInput(
  { sources, emit, signal }: ResolveContext,
  { name: step }: PlannedStep,
  input: string,
  path: string,
): Promise<Sha256> {
  return sources.userFile(path, {
    signal,
    onProgress: (done, total) => emit?.({ type: 'step-hashing', step, input, path, done, total }),
  });
}

/** The output a binding names. The plan has checked that it is declared. */
export function outputOf(done: Done, step: string, output: string): Output {
  const found = done.get(step)?.outputs[output];
  if (found === undefined) throw new Error(`the output ${step}.${output} is read before it is made`);
  return found;
}

/** What an action names an artifact by, as an input. */
export function outputWord(output: Output): string {
  const type = output.type === 'file' && output.executable ? 'executable' : output.type;
  return `${type}:${output.digest}`;
}

async function resolveEnvironment(
  context: ResolveContext,
  step: PlannedStep,
  done: Done,
): Promise<ActionEnvironment> {
  const environment = step.recipe.environment.value;
  if (environment.kind === 'none') return { kind: 'none' };
  if (environment.kind === 'buildroot' && step.buildrootStep !== undefined && !context.onHost) {
    return { kind: 'buildroot', root: outputWord(outputOf(done, step.buildrootStep, 'root')) };
  }
  if (environment.kind === 'host') requireHostTrust(step.recipe);
  const names = environment.kind === 'host' ? environment.tools : (environment.hostTools ?? []);
  if (names.length === 0) {
    throw new Failure(
      'no-host-tools',
      `the recipe ${step.recipe.name} does not say which of the host's tools it needs`,
      {
        hint: `Add "host: [TOOL, …]" beside "buildroot:" in ${step.recipe.file}, or run it in its buildroot.`,
      },
    );
  }
  const isAny = environment.kind === 'host' && environment.versions === 'any';
  const tools: Record<string, string> = {};
  for (const name of names)
    tools[name] = isAny ? anyVersion : await hostToolVersion(context, name, step.name);
  return { kind: 'host', tools };
}
