import type { Sha256 } from '../base/index.ts';
import type { PlannedStep } from '../recipe/index.ts';
import { actionKey, readAction, type Action, type ActionResult } from '../store/index.ts';
import type { RunContext } from './context.ts';
import { resolveStep, type Done, type Hashing } from './resolve.ts';
import { digestsOf, type Choice } from './sources/choices.ts';

/** A step whose predecessors are done, fully resolved for one choice of origins. */
export interface ResolvedStep {
  readonly step: PlannedStep;
  readonly choice: Choice;
  readonly action: Action;
  readonly key: Sha256;
}

/** What is to be done with a step: nothing, where its artifact is in the store, or else to make it. */
export type Decision = ResolvedStep &
  (
    | { readonly verdict: 'cached'; readonly result: ActionResult }
    /** `others`: the same with other origins, in the recipe's order, which a team's cache may have. */
    | { readonly verdict: 'run'; readonly others: readonly ResolvedStep[] }
  );

type DecideContext = Pick<RunContext, 'store' | 'sources' | 'onHost' | 'facts'> & Hashing;

/**
 * Decides what is to be done with a step whose predecessors are done; `plan`, `run` and all that looks for stored
 * artifacts ask here. Of all choices of origins the first whose artifact is in the store is taken. Where none is, the
 * step is resolved for the preferred origins; the network has the last word on those.
 */
export async function decide(context: DecideContext, step: PlannedStep, done: Done): Promise<Decision> {
  const [preferred, ...others] = context.sources.choices(step);
  if (preferred === undefined) throw new Error(`the step ${step.name} has no choice of sources`);
  const action = await resolveStep(context, step, done, digestsOf(preferred));
  const first = { step, choice: preferred, action, key: actionKey(action) };
  const otherwise = others.map((choice) => withChoice(first, choice));
  for (const resolved of [first, ...otherwise]) {
    const result = readAction(context.store, resolved.key);
    if (result !== undefined) return { ...resolved, verdict: 'cached', result };
  }
  return { ...first, verdict: 'run', others: otherwise };
}

/** The same step with other origins: another action. */
export function withChoice({ step, action: before }: ResolvedStep, choice: Choice): ResolvedStep {
  const action = { ...before, sources: digestsOf(choice) };
  return { step, choice, action, key: actionKey(action) };
}
