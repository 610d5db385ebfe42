import { Failure, FormatError } from '../base/index.ts';
import type { PlannedStep } from '../recipe/index.ts';
import type { UntimedEvent } from './context.ts';
import { StepFailure } from './step/step-failure.ts';

/** What went wrong with a step, for the reporters: in words where it is foreseeable, with its stack where it is a bug. */
export function failureEvent(step: PlannedStep, error: unknown): UntimedEvent {
  const { code, message, hint, temporary } = described(error);
  const exitCode = error instanceof StepFailure ? error.exitCode : undefined;
  const kept = error instanceof StepFailure ? error.kept : undefined;
  const [log, tail] = error instanceof StepFailure ? [error.log, error.tail] : [undefined, []];
  return {
    type: 'step-failed',
    step: step.name,
    code,
    message,
    temporary,
    tail,
    ...(exitCode === undefined ? {} : { exitCode }),
    ...(hint === undefined ? {} : { hint }),
    ...(log === undefined ? {} : { log }),
    ...(kept === undefined ? {} : { kept }),
  };
}

type Described = Pick<Extract<UntimedEvent, { type: 'step-failed' }>, 'code' | 'message' | 'temporary'> & {
  readonly hint?: string | undefined;
};

/** What went wrong, in words where it is foreseeable. */
export function described(error: unknown): Described {
  if (error instanceof Failure) {
    const { code, message, hint, temporary } = error;
    return { code, message, hint, temporary };
  }
  if (error instanceof FormatError) return { code: 'bad-format', message: error.message, temporary: false };
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: 'bug', message: `a bug of cidermill: ${stack}`, temporary: false };
}
