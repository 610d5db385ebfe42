import type { RunEvent, RunFile } from '../engine/index.ts';

export type Phase = 'waiting' | 'hashing' | 'fetching' | 'running';

/** A part of a step's time. Milliseconds since the run began. */
export interface Span {
  readonly phase: Phase;
  readonly from: number;
  readonly to: number;
}

export type StepOutcome = 'done' | 'cached' | 'failed' | 'skipped' | 'stopped' | 'not begun';

/** A step of a run, as its events tell it. */
export interface StepTimes {
  readonly name: string;
  readonly recipe: string;
  readonly after: readonly string[];
  /** Who made it, where another machine did; the last one that began to. */
  readonly worker: string | undefined;
  readonly outcome: StepOutcome;
  readonly spans: readonly Span[];
  /** Milliseconds since the run began: when it was decided on, and when it ended. */
  readonly begin: number;
  readonly end: number;
  /** Of the script alone. */
  readonly milliseconds: number;
  readonly why: readonly string[];
  readonly notes: readonly string[];
  readonly unchanged: boolean;
  readonly failure: Extract<RunEvent, { readonly type: 'step-failed' }> | undefined;
  /** Its outputs were taken from the store: what making them took then. */
  readonly saved: number;
}

export interface Timeline {
  readonly steps: readonly StepTimes[];
  /** Milliseconds of the whole run; of one that did not end, up to its last event. */
  readonly length: number;
  /** When it began, in milliseconds since the epoch. */
  readonly start: number;
  /** The steps that the end of the run has waited for, in the order in which they ran. */
  readonly criticalPath: readonly string[];
}

type StepEvent = Extract<RunEvent, { readonly step: string }>;

/** What happened when. A run without events is of no length. */
export function timelineOf(run: RunFile): Timeline {
  const times = run.events.map(({ time }) => time);
  const start = times[0] ?? 0;
  const last = times.reduce((most, time) => Math.max(most, time), start);
  const byStep = new Map<string, StepEvent[]>();
  for (const event of run.events)
    if ('step' in event) byStep.set(event.step, [...(byStep.get(event.step) ?? []), event]);
  const ends = new Map<string, number>();
  const steps = run.header.steps.map((header): StepTimes => {
    const events = byStep.get(header.name) ?? [];
    const ready = header.after.reduce((most, name) => Math.max(most, ends.get(name) ?? 0), 0);
    const step = stepTimes(events, { start, last, ready });
    ends.set(header.name, step.end);
    const made = run.made.get(header.name);
    return {
      ...{ name: header.name, recipe: header.recipe, after: header.after },
      ...step,
      saved: step.outcome === 'cached' ? (made?.duration ?? 0) : 0,
    };
  });
  return { steps, length: last - start, start, criticalPath: criticalPath(steps) };
}

function stepTimes(
  events: readonly StepEvent[],
  { start, last, ready }: { readonly start: number; readonly last: number; readonly ready: number },
): Omit<StepTimes, 'name' | 'recipe' | 'after' | 'saved'> {
  const spans: Span[] = [];
  let phase: Phase = 'waiting';
  let from = ready;
  const turn = (next: Phase | undefined, time: number): void => {
    if (next === phase) return;
    if (time > from) spans.push({ phase, from, to: time });
    from = time;
    if (next !== undefined) phase = next;
  };
  let outcome: StepOutcome = 'not begun';
  let [milliseconds, unchanged] = [0, false];
  let why: readonly string[] = [];
  let notes: readonly string[] = [];
  let failure: StepTimes['failure'];
  let worker: string | undefined;
  for (const event of events) {
    const time = event.time - start;
    switch (event.type) {
      case 'step-waiting':
        turn('waiting', time);
        break;
      case 'step-hashing':
        turn('hashing', time);
        break;
      case 'step-fetching':
        turn('fetching', time);
        break;
      case 'step-started':
        turn('running', time);
        ({ why, worker } = event);
        outcome = 'stopped';
        break;
      case 'step-cached':
        turn(undefined, time);
        outcome = 'cached';
        notes = event.notes;
        break;
      case 'step-done':
        turn(undefined, time);
        outcome = 'done';
        ({ milliseconds, notes, unchanged } = event);
        break;
      case 'step-failed':
        turn(undefined, time);
        outcome = 'failed';
        failure = event;
        break;
      case 'step-skipped':
        outcome = 'skipped';
        break;
      default:
        break;
    }
  }
  if (outcome === 'stopped') turn(undefined, last - start);
  // What a step waits for that is then cached is the work of others: it has no time of its own.
  const own =
    outcome === 'cached' || outcome === 'skipped' ? spans.filter((span) => span.phase !== 'waiting') : spans;
  const end = events.length === 0 ? ready : Math.max(ready, ...events.map(({ time }) => time - start));
  return { worker, outcome, spans: own, begin: ready, end, milliseconds, why, notes, unchanged, failure };
}

/**
 * From the step that ended last back, each time to that step before it which ended last. One that was cached is passed
 * through: it is decided on when those before it are done.
 */
function criticalPath(steps: readonly StepTimes[]): string[] {
  const begun = new Map(steps.filter(isBegun).map((step) => [step.name, step]));
  const latest = (names: Iterable<string>): StepTimes | undefined => {
    let found: StepTimes | undefined;
    for (const name of names) {
      const step = begun.get(name);
      if (step !== undefined && (found === undefined || step.end > found.end)) found = step;
    }
    return found;
  };
  const path: string[] = [];
  for (let step = latest(begun.keys()); step !== undefined; step = latest(step.after))
    if (step.outcome !== 'cached') path.unshift(step.name);
  return path;
}

function isBegun({ outcome }: StepTimes): boolean {
  return outcome !== 'skipped' && outcome !== 'not begun';
}
