import type { RunEvent } from '../../../engine/events.ts';
import type { ErrorEvent } from '../../errors/error-event.ts';

type Of<Type extends RunEvent['type']> = Extract<RunEvent, { readonly type: Type }>;

/** How one step ended. */
export type StepOutcome = { readonly step: string; readonly why: readonly string[] } & (
  | { readonly result: 'cached'; readonly end: Of<'step-cached'> }
  | { readonly result: 'done'; readonly end: Of<'step-done'> }
  | { readonly result: 'failed'; readonly milliseconds: number; readonly end: Of<'step-failed'> }
  /** `because` is a clause. */
  | { readonly result: 'skipped'; readonly because: string }
  | { readonly result: 'unfinished' }
);

/** A run as the files about it tell it. */
export interface RunOutcome {
  readonly pipeline: string;
  /** Milliseconds since the epoch; of the first fault where it did not begin. */
  readonly started: number;
  /** In the order of the plan. */
  readonly steps: readonly StepOutcome[];
  readonly products: readonly Of<'product-published'>[];
  readonly unpublished: readonly Of<'product-failed'>[];
  /** Undefined where the run broke off, or did not begin. */
  readonly finished: Of<'run-finished'> | undefined;
  /** What kept it from running. */
  readonly faults: readonly ErrorEvent[];
}

/**
 * What became of a run, out of its events so far.
 * @param name what was asked for
 */
export function outcomeOf(
  name: string,
  events: readonly RunEvent[],
  faults: readonly ErrorEvent[],
): RunOutcome {
  const begin = events.find((event) => event.type === 'run-started');
  const starts = new Map<string, Of<'step-started'>>();
  const ends = new Map<string, StepOutcome>();
  for (const event of events) {
    if (event.type === 'step-started') starts.set(event.step, event);
    const why = 'step' in event ? (starts.get(event.step)?.why ?? []) : [];
    if (event.type === 'step-cached')
      ends.set(event.step, { ...base(event, why), result: 'cached', end: event });
    if (event.type === 'step-done') ends.set(event.step, { ...base(event, why), result: 'done', end: event });
    if (event.type === 'step-skipped') {
      const because = begin?.steps.includes(event.because) ? `it needs ${event.because}` : event.because;
      ends.set(event.step, { ...base(event, why), result: 'skipped', because });
    }
    if (event.type === 'step-failed') {
      const milliseconds = event.time - (starts.get(event.step)?.time ?? event.time);
      ends.set(event.step, { ...base(event, why), result: 'failed', milliseconds, end: event });
    }
  }
  const finished = events.find((event) => event.type === 'run-finished');
  return {
    pipeline: begin?.pipeline ?? name,
    started: begin?.time ?? faults[0]?.time ?? 0,
    steps: (begin?.steps ?? []).map(
      (step) => ends.get(step) ?? { step, why: starts.get(step)?.why ?? [], result: 'unfinished' },
    ),
    products: events.filter((event) => event.type === 'product-published'),
    unpublished: events.filter((event) => event.type === 'product-failed'),
    finished,
    faults,
  };
}

function base(
  { step }: { readonly step: string },
  why: readonly string[],
): Pick<StepOutcome, 'step' | 'why'> {
  return { step, why };
}

/** How long a step took, in milliseconds; 0 for one that did not run. */
export function millisecondsOf(outcome: StepOutcome): number {
  if (outcome.result === 'done') return outcome.end.milliseconds;
  return outcome.result === 'failed' ? outcome.milliseconds : 0;
}
