import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { Failure } from '../base/index.ts';
import { planFiles, statedParameters, stepsBefore, type StepSources } from '../engine/index.ts';
import { version } from '../host/index.ts';
import { ancestryOf, rebuildStatement, signFile, type RebuiltStep } from '../provenance/index.ts';
import type { Plan } from '../recipe/index.ts';
import { readAction } from '../store/index.ts';
import { checkPlace } from './reporters/write-text.ts';
import type { Workspace } from './workspace.ts';

export interface Attested {
  readonly steps: readonly RebuiltStep[];
  readonly variations: readonly string[];
  /** When the first step was begun, and now. */
  readonly started: Date;
  /** The SSH key that signs, and the file that is written. */
  readonly key: string;
  readonly file: string;
}

/**
 * Writes and signs the statement of what was rebuilt.
 * @returns the files written
 * @throws Failure 'nothing-rebuilt', 'cannot-sign'
 */
export async function attest(
  { store }: Workspace,
  plan: Plan,
  sources: StepSources,
  { steps, variations, started, key, file }: Attested,
): Promise<string> {
  const results = steps.flatMap((step) => readAction(store, step.key) ?? []);
  const { materials, scripts } = ancestryOf(store, results);
  const names = steps.map(({ step }) => step);
  const statement = rebuildStatement({
    pipeline: plan.pipeline,
    parameters: await statedParameters(plan, sources),
    steps,
    variations,
    dependencies: [...materials, ...scripts, ...planFiles(plan, stepsBefore(plan, names))],
    version: version(),
    metadata: { startedOn: started.toISOString(), finishedOn: new Date().toISOString() },
  });
  if (statement === undefined)
    throw new Failure(
      'nothing-rebuilt',
      'no file can be attested: no step was rebuilt identically together with all steps before it',
      {
        hint: 'Name the steps before it too, or name none to rebuild all steps.',
      },
    );
  await writeFile(file, `${JSON.stringify(statement, null, 2)}\n`);
  return `${file}, ${await signFile(file, key)}`;
}

/** Looks before hours of rebuilding whether the statement can be written and signed. @throws Failure 'no-file', 'cannot-write' */
export function requirePlaces(key: string, file: string): void {
  if (!existsSync(key)) throw new Failure('no-file', `there is no file ${key}`);
  checkPlace(file);
}
