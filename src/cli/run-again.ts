import { Failure } from '../base/index.ts';
import type { VerifyOptions } from '../engine/rebuild/index.ts';
import type { TraceOptions } from '../engine/trace/index.ts';
import type { Plan } from '../recipe/index.ts';
import { exitCodes } from './exit.ts';
import type { Reporter } from './reporters/reporter.ts';

/** @throws Failure 'unknown-step' */
export function refuseUnknownSteps({ pipeline, steps }: Plan, names: readonly string[]): void {
  const unknown = names.find((name) => !steps.some((step) => step.name === name));
  if (unknown !== undefined)
    throw new Failure('unknown-step', `${pipeline} has no step "${unknown}"`, {
      hint: `Its steps: ${steps.map(({ name }) => name).join(', ')}.`,
    });
}

/** Makes steps again from what is stored of those before them, as they are, and compares; gives the exit code. */
export async function rebuild(
  options: Omit<VerifyOptions, 'onEvent' | 'variations' | 'blame'>,
  reporter: Reporter,
): Promise<number> {
  const { verifyPlan } = await import('../engine/rebuild/index.ts');
  const { outcome } = await verifyPlan({
    ...options,
    variations: new Set(),
    blame: false,
    onEvent: (event) => reporter.take(event),
  }).finally(() => reporter.close());
  if (outcome === 'interrupted') return exitCodes.interrupted;
  return outcome === 'same' ? exitCodes.done : exitCodes.failed;
}

/** Watches the steps of a plan that has run; gives the exit code. */
export async function trace(options: Omit<TraceOptions, 'onEvent'>, reporter: Reporter): Promise<number> {
  const { tracePlan } = await import('../engine/trace/index.ts');
  const onEvent: TraceOptions['onEvent'] = (event) => reporter.take(event);
  const { outcome } = await tracePlan({ ...options, onEvent }).finally(() => reporter.close());
  if (outcome === 'interrupted') return exitCodes.interrupted;
  return outcome === 'declared' ? exitCodes.done : exitCodes.failed;
}
