import { Failure, type Sha256 } from '../base/index.ts';
import type { PlannedStep } from '../recipe/index.ts';
import { blobsOf, DamagedBlob, readAction, sameOutputs, type Output, type Store } from '../store/index.ts';
import type { RunContext } from './context.ts';
import type { Made } from './resolve.ts';

/** Mends a store while a run uses it: what is damaged or gone is made again by the step that made it. */
export interface Mending {
  /**
   * Does something that needs what steps have made; where a blob of it is damaged or gone, has its step made again, and
   * does it once more.
   */
  around<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * @param done the run's; a step that is made again is taken out of it first
 * @param make makes a step that is not done, and puts it into `done`; tells by itself why it could not
 */
export function openMending(
  { store, plan }: Pick<RunContext, 'store' | 'plan'>,
  done: Map<string, Made>,
  make: (step: PlannedStep) => Promise<void>,
): Mending {
  /** Steps that are being made again. */
  const underway = new Map<string, Promise<void>>();

  const again = async (step: PlannedStep, before: Made): Promise<void> => {
    // Whoever came first may have made it by now.
    if (done.get(step.name) !== before || readAction(store, before.key) !== undefined) return;
    done.delete(step.name);
    await make(step);
    if (!done.has(step.name)) {
      throw new Failure(
        'input-lost',
        `the outputs of the step ${step.name} are damaged in the store, and could not be rebuilt`,
      );
    }
    const dependents = plan.steps.some(({ name, after }) => done.has(name) && after.includes(step.name));
    if (dependents && !sameOutputs(before.outputs, done.get(step.name)?.outputs ?? {})) {
      throw new Failure(
        'made-differently',
        `the outputs of the step ${step.name} were damaged in the store, and rebuilding them gave other bytes`,
        { hint: 'Run it again: the steps after it will use the new outputs.', temporary: true },
      );
    }
  };

  const mend = async (digest: Sha256): Promise<boolean> => {
    const found = plan.steps.find(({ name }) => holds(store, done.get(name), digest));
    const before = found === undefined ? undefined : done.get(found.name);
    if (found === undefined || before === undefined) return false;
    const running =
      underway.get(found.name) ?? again(found, before).finally(() => underway.delete(found.name));
    underway.set(found.name, running);
    await running;
    return true;
  };

  return {
    around: async (work) => {
      // One damaged blob is found at a time; a step whose blobs keep being damaged is not made for ever.
      for (let attempts = 2 * plan.steps.length; ; attempts--) {
        try {
          return await work();
        } catch (error) {
          if (!(error instanceof DamagedBlob) || attempts === 0) throw error;
          if (!(await mend(error.digest))) throw error;
        }
      }
    },
  };
}

/** Did a step make this blob? */
function holds(store: Store, made: Made | undefined, digest: Sha256): boolean {
  return Object.values(made?.outputs ?? {}).some(
    (output) => output.digest === digest || (output.type === 'directory' && inListing(store, output, digest)),
  );
}

function inListing(store: Store, output: Output, digest: Sha256): boolean {
  try {
    return blobsOf(store, output).some((blob) => blob.digest === digest);
  } catch (error) {
    if (error instanceof DamagedBlob) return false;
    throw error;
  }
}
