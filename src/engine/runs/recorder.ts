import { appendFileSync, mkdirSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem } from 'node:os';
import { version } from '../../host/index.ts';
import type { PlannedStep, Plan } from '../../recipe/index.ts';
import { readEntry, type Store } from '../../store/index.ts';
import type { RunEvent } from '../events.ts';
import { newRunId } from './keep-again.ts';
import { dropOldRuns, runFile, runsFolder } from './kept-runs.ts';
import { largestRun, type Machine, type RunHeader, type RunLine, type StepHeader } from './run-file.ts';

type Moving = Extract<RunEvent, { readonly type: 'step-fetching' | 'step-hashing' }>;

/** Writes down what happens in a run. A run that executes nothing is written at its end, in one go. */
export interface Recorder {
  readonly id: string;
  take(event: RunEvent): void;
}

/**
 * Keeps a run in the store's history. Nothing of a run fails because it cannot be kept.
 * @returns undefined when the store may only be read
 */
export function openRecorder(store: Store, plan: Plan): Recorder | undefined {
  if (store.readOnly) return undefined;
  const id = newRunId();
  const path = runFile(store, id);
  /** Of each step: how far it was when it last said so, and not yet written. */
  const moving = new Map<string, Moving>();
  let pending = `${JSON.stringify(headerOf(id, plan))}\n`;
  let size = 0;
  let isOpen = false;
  let isLost = false;

  const add = (line: RunEvent | RunLine): void => {
    pending += `${JSON.stringify(line)}\n`;
  };
  const flush = (): void => {
    if (isLost) return;
    try {
      if (!isOpen) mkdirSync(runsFolder(store), { recursive: true });
      isOpen = true;
      appendFileSync(path, pending);
      size += pending.length;
      pending = '';
    } catch {
      isLost = true;
    }
  };
  const settle = (step: string): void => {
    const last = moving.get(step);
    moving.delete(step);
    if (last !== undefined) add(last);
  };

  return {
    id,
    take(event) {
      if (event.type === 'step-output' || isLost) return;
      if (event.type === 'step-fetching' || event.type === 'step-hashing') {
        const before = moving.get(event.step);
        if (before === undefined) add(event);
        else if (subject(before) !== subject(event)) add(before);
        moving.set(event.step, event);
        return;
      }
      if (event.type === 'step-event' && !isMilestone(event)) return;
      // What is left of a run that says too much is how its steps and the run itself ended.
      if (size > largestRun / 2 && event.type === 'step-event') return;
      if ('step' in event) settle(event.step);
      add(event);
      if (event.type === 'step-done') {
        const entry = readEntry(store, event.key);
        if (entry !== undefined) {
          const { key, action, materials, duration } = entry;
          add({ type: 'step-made', step: event.step, key, action, materials, duration });
        }
      }
      if (event.type === 'run-started' || event.type === 'step-cached' || event.type === 'product-published')
        return;
      flush();
      if (event.type === 'run-finished') dropOldRuns(store);
    },
  };
}

/** What a boot has seen, with its time; all other progress is for those who watch. */
function isMilestone({ event }: Extract<RunEvent, { readonly type: 'step-event' }>): boolean {
  const { type, unit }: Readonly<Record<string, unknown>> = { ...event };
  return type === 'progress' && unit === 'milestones';
}

const subject = (event: Moving): string => (event.type === 'step-fetching' ? event.source : event.input);

function headerOf(id: string, { pipeline, root, steps }: Plan): RunHeader {
  return {
    type: 'run-recorded',
    format: 1,
    id,
    pipeline,
    project: root,
    cidermill: version(),
    machine: machine(),
    steps: steps.map(stepHeader),
  };
}

function stepHeader({ name, recipe, after, inputs, buildrootStep }: PlannedStep): StepHeader {
  const from = [...inputs].flatMap(([input, { value }]): [string, string][] =>
    value.kind === 'output' ? [[input, value.step]] : [],
  );
  if (buildrootStep !== undefined) from.push(['', buildrootStep]);
  return { name, recipe: recipe.name, after, from: Object.fromEntries(from) };
}

function machine(): Machine {
  return {
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    release: release(),
    cpu: cpus()[0]?.model.trim() ?? '',
    cpus: availableParallelism(),
    memory: totalmem(),
  };
}
