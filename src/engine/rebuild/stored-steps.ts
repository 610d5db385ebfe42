import { Failure } from '../../base/index.ts';
import type { Output } from '../../store/index.ts';
import type { RunContext } from '../context.ts';
import { decide } from '../decide.ts';
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
    const { choice, action, key, ...decided } = await decide(context, step, done);
    if (decided.verdict !== 'cached') {
      throw new Failure(
        'not-made',
        `the step ${step.name} has no result in the store with its current recipe, sources and parameters`,
        {
          hint: `Make it: \`cidermill run ${plan.pipeline}\`.`,
        },
      );
    }
    const { outputs } = decided.result;
    done.set(step.name, { key, outputs });
    if (names.length === 0 || names.includes(step.name))
      stored.push({ step, choice, action, key, outputs, done, turn });
  }
  return stored;
}
