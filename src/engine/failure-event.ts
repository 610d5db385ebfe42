import { Failure, FormatError } from '../base/index.ts';
import type { PlannedStep } from '../recipe/index.ts';
import type { UntimedEvent } from './context.ts';
import { StepFailure } from './step/step-failure.ts';

/** What went wrong with a step, for the reporters: in words where it is foreseeable, with its stack where it is a bug. */
export function failureEvent(step: PlannedStep, error: unknown): UntimedEvent {
  const known = error instanceof Failure || error instanceof FormatError;
  const message = known
    ? error.message
    : `a bug of cidermill: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
  const hint = error instanceof Failure ? error.hint : undefined;
  const [log, tail] = error instanceof StepFailure ? [error.log, error.tail] : [undefined, []];
  return {
    type: 'step-failed',
    step: step.name,
    message,
    tail,
    ...(hint === undefined ? {} : { hint }),
    ...(log === undefined ? {} : { log }),
  };
}
