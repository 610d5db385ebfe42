import type { RunEvent } from '../../engine/events.ts';
import { observe, type Rate } from './rate.ts';

/** How far a step is, checked: amounts are finite and not negative. */
export interface Progress {
  readonly done: number;
  readonly total?: number;
  readonly unit: string;
  readonly label?: string;
}

/** A step between its first event and its last. */
export interface ActiveStep {
  readonly name: string;
  /** Time of its first event; of a step that runs, when it began to: fetching before is not counted. */
  readonly started: number;
  /** Who makes it, where another machine does. */
  readonly worker: string | undefined;
  /** How long it fetched before it ran, in milliseconds. */
  readonly fetched: number;
  readonly why: readonly string[];
  phase: 'waiting' | 'hashing' | 'fetching' | 'running';
  progress: Progress | undefined;
  rate: Rate | undefined;
  /** As the step wrote it, not yet printable. */
  lastLine: string;
  readonly notes: string[];
}

/** What a live display needs to know of a run. */
export interface RunState {
  pipeline: string;
  steps: readonly string[];
  started: number;
  readonly active: Map<string, ActiveStep>;
  /** Steps that will not run any more. */
  readonly ended: Set<string>;
  readonly failed: string[];
  /** Which step told which notes first. */
  readonly told: Map<string, string>;
  /** Of `verify`. */
  readonly verified: Extract<RunEvent, { readonly type: 'step-verified' }>[];
}

/** More notes of one step are dropped: a script gone wild must not fill the memory. */
const mostNotes = 50;

export function emptyState(): RunState {
  return {
    pipeline: '',
    steps: [],
    started: 0,
    active: new Map(),
    ended: new Set(),
    failed: [],
    told: new Map(),
    verified: [],
  };
}

/** Brings the state up to date with one event. */
export function follow(state: RunState, event: RunEvent): void {
  switch (event.type) {
    case 'run-started':
      state.pipeline = event.pipeline;
      state.steps = event.steps;
      state.started = event.time;
      return;
    case 'step-waiting':
      state.active.set(event.step, newStep(event.step, event.time, 'waiting', []));
      return;
    case 'step-started': {
      const before = state.active.get(event.step);
      const fetched = before?.phase === 'fetching' ? event.time - before.started : 0;
      state.active.set(
        event.step,
        newStep(event.step, event.time, 'running', event.why, fetched, event.worker),
      );
      return;
    }
    case 'step-fetching': {
      const { what: label, done, total } = event;
      const step = enter(state, event, 'fetching');
      if (step.progress?.label !== label) step.rate = undefined;
      advance(step, event.time, { done, total, unit: 'bytes', label });
      return;
    }
    case 'step-hashing': {
      const { path: label, done, total } = event;
      const step = enter(state, event, 'hashing');
      if (step.progress?.label !== label) step.rate = undefined;
      advance(step, event.time, { done, total, unit: 'bytes', label });
      return;
    }
    case 'step-event': {
      const step = enter(state, event, 'running');
      // What a script writes on file descriptor 3 is not checked by anyone before.
      const inner: Readonly<Record<string, unknown>> = { ...event.event };
      if (inner['type'] === 'progress') advance(step, event.time, inner);
      else if (inner['type'] === 'note' && typeof inner['text'] === 'string' && step.notes.length < mostNotes)
        step.notes.push(inner['text']);
      return;
    }
    case 'step-output': {
      const step = enter(state, event, 'running');
      const counted = countedLine(event.line);
      if (counted !== undefined) advance(step, event.time, counted);
      else if (event.line.trim() !== '') {
        step.lastLine = event.line;
        // What it counted is done, and it is about something else now.
        if (step.progress?.done === step.progress?.total) step.progress = undefined;
      }
      return;
    }
    case 'step-failed':
      state.failed.push(event.step);
      leave(state, event.step);
      return;
    case 'step-verified':
      state.verified.push(event);
      leave(state, event.step);
      return;
    case 'step-cached':
    case 'step-done': {
      const notes = noteKey(event.notes);
      if (!state.told.has(notes)) state.told.set(notes, event.step);
      leave(state, event.step);
      return;
    }
    case 'step-traced':
    case 'step-skipped':
      leave(state, event.step);
      return;
    case 'check-note':
    case 'cache-note':
    case 'workers-note':
    case 'step-differs':
    case 'cache-refused':
    case 'product-published':
    case 'product-failed':
    case 'run-finished':
    case 'verify-finished':
    case 'trace-finished':
      return;
  }
}

/** The notes of a step that ended, without those that another step has told word for word. */
export function newNotes(
  state: RunState,
  { step, notes }: { readonly step: string; readonly notes: readonly string[] },
): readonly string[] {
  return (state.told.get(noteKey(notes)) ?? step) === step ? notes : [];
}

const noteKey = (notes: readonly string[]): string => notes.join('\n');

/** Ninja's `[412/1283] what it does`, which Meson's tests and others use too. */
function countedLine(line: string): Progress | undefined {
  const match = /^\[ *(\d{1,7})\/ *(\d{1,7})\] *(.*)/.exec(line.slice(0, 500));
  if (match === null) return undefined;
  const [, done, total, label = ''] = match;
  return { done: Number(done), total: Number(total), unit: 'steps', label };
}

function newStep(
  name: string,
  started: number,
  phase: ActiveStep['phase'],
  why: readonly string[],
  fetched = 0,
  worker?: string,
): ActiveStep {
  return {
    name,
    started,
    worker,
    fetched,
    why,
    phase,
    progress: undefined,
    rate: undefined,
    lastLine: '',
    notes: [],
  };
}

function enter(
  state: RunState,
  { step: name, time }: { readonly step: string; readonly time: number },
  phase: ActiveStep['phase'],
): ActiveStep {
  const step = state.active.get(name) ?? newStep(name, time, phase, []);
  state.active.set(name, step);
  if (step.phase !== phase) {
    step.phase = phase;
    step.progress = undefined;
    step.rate = undefined;
  }
  return step;
}

function leave(state: RunState, name: string): void {
  state.active.delete(name);
  state.ended.add(name);
}

function advance(
  step: ActiveStep,
  time: number,
  { done, total, unit, label }: { done?: unknown; total?: unknown; unit?: unknown; label?: unknown },
): void {
  if (!isAmount(done) || typeof unit !== 'string') return;
  const known = isAmount(total) && total > 0;
  if (step.progress?.unit !== unit) step.rate = undefined;
  step.rate = observe(step.rate, time, done);
  step.progress = {
    done: known ? Math.min(done, total) : done,
    unit,
    ...(known ? { total } : {}),
    ...(typeof label === 'string' && label !== '' ? { label } : {}),
  };
}

function isAmount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
