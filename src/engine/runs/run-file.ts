import { Failure, isRecord, isSha256, type Material, type Sha256 } from '../../base/index.ts';
import type { Action } from '../../store/index.ts';
import type { RunEvent } from '../events.ts';
import { isKnownEvent } from './known-event.ts';

/**
 * A run as it is kept, and as it can be handed to another machine: NDJSON. The first line is a `RunHeader`, then come
 * the run's events as docs/events.md has them, without what a step prints; after `step-done` a `StepMade`.
 */
export interface RunFile {
  readonly header: RunHeader;
  readonly events: readonly RunEvent[];
  /** Step → what it was made from, as far as the file says it. */
  readonly made: ReadonlyMap<string, StepMade>;
}

export interface RunHeader {
  readonly type: 'run-recorded';
  /** Raised when a reader of the form before would take it wrong. */
  readonly format: 1;
  /** When it began, and four random digits: sorted by name, runs are sorted by time. */
  readonly id: string;
  readonly pipeline: string;
  /** Absolute: the project's folder. */
  readonly project: string;
  readonly cidermill: string;
  readonly machine: Machine;
  readonly steps: readonly StepHeader[];
}

/** What a run's times depend on. No name of a host or a user is in it. */
export interface Machine {
  readonly node: string;
  /** `<os>-<cpu>` as Node names them. */
  readonly platform: string;
  /** Of the kernel. */
  readonly release: string;
  readonly cpu: string;
  readonly cpus: number;
  /** In bytes. */
  readonly memory: number;
}

export interface StepHeader {
  readonly name: string;
  readonly recipe: string;
  /** Steps that must be done before. */
  readonly after: readonly string[];
  /** Input → the step whose output it is; "" stands for the buildroot. */
  readonly from: Readonly<Record<string, string>>;
}

/** What a step was made from: its action, and what was pinned of its sources. */
export interface StepMade {
  readonly type: 'step-made';
  readonly step: string;
  readonly key: Sha256;
  readonly action: Action;
  readonly materials: Readonly<Record<string, readonly Material[]>>;
  /** Milliseconds its script ran when it was made. */
  readonly duration: number;
}

/** The lines of a run's file that are no events of the run. */
export type RunLine = RunHeader | StepMade;

/** In bytes. A run that would be larger is cut where it is recorded. */
export const largestRun = 16 * 2 ** 20;

/**
 * Reads a run. The last line may be cut off: the process that wrote it may have been killed. Events that are not known,
 * or lack a field, are left out.
 * @throws Failure 'bad-run'
 */
export function parseRun(text: string, name: string): RunFile {
  const lines = text.split('\n');
  const [first, ...rest] = lines.slice(0, -1).map((line, index) => parseLine(line, name, index + 1));
  if (first === undefined || !isHeader(first))
    throw new Failure('bad-run', `${name} is not a run of cidermill`, {
      hint: 'Give the ID of a run that `cidermill runs` lists, or a file that `cidermill runs show ID --json` has written.',
    });
  const events: RunEvent[] = [];
  const made = new Map<string, StepMade>();
  for (const line of rest) {
    if (isMade(line)) made.set(line.step, line);
    else if (isKnownEvent(line)) events.push(line as unknown as RunEvent);
  }
  return { header: first, events, made };
}

function parseLine(line: string, name: string, number: number): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    if (isRecord(value)) return value;
  } catch {
    // Told below.
  }
  throw new Failure('bad-run', `${name} is not a run of cidermill: line ${number} is not a JSON object`, {
    hint: 'Give the ID of a run that `cidermill runs` lists, or a file that `cidermill runs show ID --json` has written.',
  });
}

function isHeader(
  line: Readonly<Record<string, unknown>>,
): line is Readonly<Record<string, unknown>> & RunHeader {
  const texts = ['id', 'pipeline', 'project', 'cidermill'];
  return (
    line['type'] === 'run-recorded' &&
    line['format'] === 1 &&
    texts.every((field) => typeof line[field] === 'string') &&
    isRecord(line['machine']) &&
    Array.isArray(line['steps']) &&
    line['steps'].every(isStepHeader)
  );
}

function isStepHeader(step: unknown): boolean {
  return (
    isRecord(step) &&
    typeof step['name'] === 'string' &&
    typeof step['recipe'] === 'string' &&
    Array.isArray(step['after']) &&
    step['after'].every((name) => typeof name === 'string') &&
    isRecord(step['from']) &&
    Object.values(step['from']).every((name) => typeof name === 'string')
  );
}

function isMade(
  line: Readonly<Record<string, unknown>>,
): line is Readonly<Record<string, unknown>> & StepMade {
  const { action, key } = line;
  return (
    line['type'] === 'step-made' &&
    typeof line['step'] === 'string' &&
    typeof key === 'string' &&
    isSha256(key) &&
    isRecord(action) &&
    ['modules', 'packages', 'parameters', 'sources', 'inputs', 'outputs', 'environment'].every((field) =>
      isRecord(action[field]),
    ) &&
    typeof line['duration'] === 'number' &&
    isRecord(line['materials']) &&
    Object.values(line['materials']).every(Array.isArray)
  );
}
