import { Failure } from '../../base/index.ts';
import { actionKey, type Output, readAction } from '../../store/index.ts';
import type { RunContext } from '../context.ts';
import { resolveStep, type Made } from '../resolve.ts';
import type { StoredStep } from './rebuild.ts';

type StoredContext = Pick<RunContext, 'store' | 'plan' | 'sources' | 'onHost' | 'toolVersions'>;

export interface Stored extends StoredStep {
  readonly outputs: Readonly<Record<string, Output>>;
}

/**
 * The steps of a plan with their artifacts in the store.
 * @param names which of them; all when there are none
 * @throws Failure 'unknown-step'; 'not-made' when one, or one that it needs, is not in the store
 */
export async function storedSteps(context: StoredContext, names: readonly string[]): Promise<Stored[]> {
  const { plan } = context;
  const unknown = names.filter((name) => !plan.steps.some((step) => step.name === name));
  if (unknown.length > 0) {
    throw new Failure('unknown-step', `${plan.pipeline} has no step "${unknown.join('", "')}"`, {
      hint: `Its steps: ${plan.steps.map(({ name }) => name).join(', ')}.`,
    });
  }
  const needed = new Set(names.length === 0 ? plan.steps.map(({ name }) => name) : names);
  for (const step of plan.steps.toReversed()) {
    if (needed.has(step.name)) step.after.forEach((name) => needed.add(name));
  }
  const done = new Map<string, Made>();
  const stored: Stored[] = [];
  for (const [turn, step] of plan.steps.entries()) {
    if (!needed.has(step.name)) continue;
    const found = await findStored(context, step, done);
    if (found === undefined) {
      throw new Failure('not-made', `the step ${step.name} is not in the store as it is now`, {
        hint: `Make it: \`cidermill run ${plan.pipeline}\`.`,
      });
    }
    done.set(step.name, found);
    if (names.length === 0 || names.includes(step.name)) stored.push({ ...found, step, done, turn });
  }
  return stored;
}

async function findStored(
  context: StoredContext,
  step: StoredStep['step'],
  done: StoredStep['done'],
): Promise<Pick<Stored, 'action' | 'key' | 'outputs'> | undefined> {
  for (const digests of context.sources.choices(step)) {
    const action = await resolveStep(context, step, done, digests);
    const key = actionKey(action);
    const outputs = readAction(context.store, key)?.outputs;
    if (outputs !== undefined) return { action, key, outputs };
  }
  return undefined;
}
