import { Failure } from '../../base/index.ts';
import type { Output } from '../../store/index.ts';
import type { RunContext } from '../context.ts';
import { decide, type Decision } from '../decide.ts';
import type { Made } from '../resolve.ts';
import type { StoredStep } from './rebuild.ts';

type StoredContext = Pick<RunContext, 'store' | 'plan' | 'sources' | 'onHost' | 'facts'>;

export interface Stored extends StoredStep {
  readonly outputs: Readonly<Record<string, Output>>;
}

/**
 * The steps of a plan with their artifacts in the store.
 * @param names which of them; all when the list is empty
 * @throws Failure 'unknown-step'; 'not-made' when one, or one that it needs, is not in the store
 */
export async function storedSteps(context: StoredContext, names: readonly string[]): Promise<Stored[]> {
  const { plan } = context;
  const wanted = names.length === 0 ? plan.steps.map(({ name }) => name) : names;
  const stored: Stored[] = [];
  for await (const { decided, ...one } of decisions(context, wanted)) {
    if (decided.verdict !== 'cached') throw notMade(plan.pipeline, one.step.name);
    if (wanted.includes(one.step.name)) stored.push({ ...one, outputs: decided.result.outputs });
  }
  return stored;
}

/**
 * One step of a plan, made or not, when all that it needs is in the store.
 * @throws Failure 'unknown-step'; 'not-made' when a step that it needs is not in the store
 */
export async function preparedStep(context: StoredContext, name: string): Promise<StoredStep> {
  for await (const { decided, ...one } of decisions(context, [name])) {
    if (one.step.name === name) return one;
    if (decided.verdict !== 'cached') throw notMade(context.plan.pipeline, one.step.name);
  }
  throw new Error(`the step ${name} was not reached`);
}

/** Decides on steps, and on those that they need before them; ends at the first that is not in the store. */
async function* decisions(
  context: StoredContext,
  names: readonly string[],
): AsyncGenerator<StoredStep & { readonly decided: Decision }> {
  const { plan } = context;
  const unknown = names.filter((name) => !plan.steps.some((step) => step.name === name));
  if (unknown.length > 0) {
    throw new Failure('unknown-step', `${plan.pipeline} has no step "${unknown.join('", "')}"`, {
      hint: `Its steps: ${plan.steps.map(({ name }) => name).join(', ')}.`,
    });
  }
  const needed = new Set(names);
  for (const step of plan.steps.toReversed()) {
    if (needed.has(step.name)) step.after.forEach((name) => needed.add(name));
  }
  const done = new Map<string, Made>();
  for (const [turn, step] of plan.steps.entries()) {
    if (!needed.has(step.name)) continue;
    const decided = await decide(context, step, done);
    const { choice, action, key } = decided;
    yield { step, choice, action, key, done, turn, decided };
    if (decided.verdict !== 'cached') return;
    done.set(step.name, { key, outputs: decided.result.outputs });
  }
}

function notMade(pipeline: string, step: string): Failure {
  return new Failure(
    'not-made',
    `the step ${step} has no result in the store with its current recipe, sources and parameters`,
    { hint: `Make it: \`cidermill run ${pipeline}\`.` },
  );
}
