import { Failure } from '../../base/index.ts';
import { blobsOf, DamagedBlob, requireBlob, type Output, type Store } from '../../store/index.ts';
import { checkInputs } from '../step/gather.ts';
import type { Stored } from './stored-steps.ts';

/**
 * Hashes what is stored of a step, and what the steps before it had made for it: damage there must not be taken for
 * something that the step does.
 * @throws Failure 'stored-damaged' that names the input or output
 */
export async function checkStored(store: Store, stored: Stored): Promise<void> {
  const { step, done, outputs } = stored;
  for (const [name, { value }] of step.inputs) {
    if (value.kind !== 'output') continue;
    const output = done.get(value.step)?.outputs[value.output];
    if (output !== undefined) await check(store, output, `its input "${name}", made by ${value.step},`);
  }
  try {
    await checkInputs({ store }, stored, done);
  } catch (error) {
    throw damage(error, `its buildroot, made by ${step.buildrootStep ?? 'another step'},`);
  }
  for (const [name, output] of Object.entries(outputs)) await check(store, output, `its output "${name}"`);
}

async function check(store: Store, output: Output, what: string): Promise<void> {
  try {
    for (const blob of blobsOf(store, output)) await requireBlob(store, blob);
  } catch (error) {
    throw damage(error, what);
  }
}

function damage(error: unknown, what: string): unknown {
  if (!(error instanceof DamagedBlob)) return error;
  return new Failure('stored-damaged', `${what} is damaged in the store: ${error.message}`, {
    hint: 'Run the pipeline: the step that made it is then run again. `cidermill store verify` looks for more.',
  });
}
