import { packageRoot } from '../../host/index.ts';
import { sameClosure } from '../../engine/script/closure.ts';
import { scriptClosure, scriptPlace } from '../../engine/script/ready-script.ts';
import { Failure } from '../../base/index.ts';
import type { Binding, PlannedStep, Recipe } from '../../recipe/index.ts';
import { protocolVersion } from '../../step/protocol.ts';
import { keyVersion, openMemo, type Action, type Store } from '../../store/index.ts';
import type { Located } from '../../yaml/located.ts';
import type { Job } from '../job/job.ts';
import type { Parcel } from '../job/parcel.ts';

/** Why a worker does not make a job, as a sentence. */
export class Refusal extends Error {}

/** What is wrong with an action for this program and this machine. @throws Refusal */
export function checkAction({ keyVersion: version, protocol, platform }: Action): void {
  const here = `${process.platform}-${process.arch}`;
  if (protocol !== protocolVersion)
    throw new Refusal(`the job is of step protocol ${protocol}, and this worker speaks ${protocolVersion}`);
  if (version !== keyVersion)
    throw new Refusal(`the job's key is of version ${version}, and this worker makes version ${keyVersion}`);
  if (platform !== here) throw new Refusal(`the job is for ${platform}, and this worker is ${here}`);
}

const place = { file: 'a job', span: { start: 0, end: 0 } } as const;
const located = <T>(value: T): Located<T> => ({ value, ...place });

/** The step that stands for what made an input. */
export function inputStep(input: string): string {
  return `input ${input}`;
}

/**
 * A step as the engine makes it, of what a job says.
 * @param root absolute: of the project's files
 * @param files absolute: of the inputs that are files of the project
 */
export function jobStep(
  { step: name, action, inputs, varies, kvm }: Job,
  { scriptFiles }: Parcel,
  root: string,
  files: ReadonlyMap<string, string>,
): PlannedStep {
  const recipe: Recipe = {
    ...{ name, root, file: 'a job', summary: '' },
    ...{ parameters: new Map(), inputs: new Map(), sources: new Map(), summaries: new Map() },
    environment: located(
      action.environment.kind === 'buildroot' ? { kind: 'buildroot', name: 'buildroot' } : { kind: 'none' },
    ),
    ...(kvm ? { needs: { kvm, disk: 0 } } : {}),
    script: located(action.script),
    scriptFiles: located(scriptFiles),
    outputs: new Map(Object.entries(action.outputs).map(([output, path]) => [output, located(path)])),
    varies: new Map(varies.map((output) => [output, located('')])),
  };
  const bindings = Object.entries(inputs).flatMap(([input, from]): [string, Located<Binding>][] => {
    if (input === '') return [];
    const binding: Binding =
      'size' in from
        ? { kind: 'file', path: files.get(input) ?? '' }
        : { kind: 'output', step: inputStep(input), output: from.output };
    return [[input, located(binding)]];
  });
  return {
    ...{ name, recipe, parameters: new Map(), inputs: new Map(bindings), ...place },
    ...(action.environment.kind === 'buildroot' ? { buildrootStep: inputStep('') } : {}),
    after: Object.keys(inputs).map(inputStep),
  };
}

/**
 * Makes sure that the script is the one that the action names, with all that it loads.
 * @throws Refusal
 */
export async function checkScript(store: Store, { recipe }: PlannedStep, action: Action): Promise<void> {
  const own = recipe.root === packageRoot;
  let fault: string;
  try {
    const closure = await scriptClosure(scriptPlace(recipe), openMemo(store, 'facts'));
    if (sameClosure(closure, action)) return;
    fault = own ? 'this worker has another version of cidermill' : 'its files are not those that it names';
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    fault = error.message;
  }
  throw new Refusal(`the script ${action.script} is not the one that the job's key is of: ${fault}`);
}
