import { isRecord } from '../../base/index.ts';

type Check = (value: unknown) => boolean;

const text: Check = (value) => typeof value === 'string';
const amount: Check = (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const flag: Check = (value) => typeof value === 'boolean';
const texts: Check = (value) => Array.isArray(value) && value.every(text);
const optional =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const listOf =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value) =>
    Array.isArray(value) && value.every((item) => isRecord(item) && holds(item, fields));

const entry = { name: text, path: text, type: text, size: amount, files: amount, step: text, summary: text };
const file = { path: text, size: amount, digest: optional(text), changed: optional(flag) };
const counts = { cached: amount, executed: amount, failed: amount, skipped: amount };

/** The fields that readers of a run use, of the events that they look at (docs/events.md). */
const known: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  'run-started': { pipeline: text, steps: texts },
  'step-cached': { step: text, key: text, notes: texts },
  'step-waiting': { step: text },
  'step-hashing': { step: text },
  'step-fetching': { step: text },
  'step-started': { step: text, why: texts, worker: optional(text) },
  'step-event': { step: text, event: isRecord },
  'step-done': { step: text, key: text, milliseconds: amount, notes: texts, unchanged: flag },
  'step-failed': {
    ...{ step: text, message: text, hint: optional(text), log: optional(text), kept: optional(text) },
    tail: texts,
  },
  'step-skipped': { step: text, because: text },
  'product-published': {
    ...{ product: text, path: text, unchanged: flag, next: texts },
    ...{ entries: listOf(entry), files: listOf(file) },
  },
  'step-differs': { step: text, output: text, worker: text, made: text, kept: text },
  'check-note': { step: text, message: text, hint: optional(text) },
  'workers-note': { message: text },
  'product-failed': { product: text, message: text, hint: optional(text) },
  'run-finished': {
    ...{ outcome: text, milliseconds: amount, ...counts },
    drifted: optional(listOf({ step: text, changes: texts })),
  },
};

/** Is it an event that this version knows, with the fields that it has? Others are left out by who reads a run. */
export function isKnownEvent(line: Readonly<Record<string, unknown>>): boolean {
  const fields =
    typeof line['type'] === 'string' && Object.hasOwn(known, line['type']) ? known[line['type']] : undefined;
  return fields !== undefined && amount(line['time']) && holds(line, fields);
}

function holds(line: Readonly<Record<string, unknown>>, fields: Readonly<Record<string, Check>>): boolean {
  return Object.entries(fields).every(([name, check]) => check(line[name]));
}
