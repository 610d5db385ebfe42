import type { RunEvent } from '../../engine/events.ts';
import { printable } from '../../text/printable.ts';
import type { Theme } from './step-lines.ts';

/** What is told of workers while a run goes on. */
export function workersLines(
  { colours }: Theme,
  event: Extract<RunEvent, { readonly type: 'workers-note' | 'step-differs' }>,
): string[] {
  if (event.type === 'workers-note') return [`${colours.yellow('workers:')} ${printable(event.message)}`];
  const { step, output, worker, made, kept } = event;
  return [
    `${colours.yellow('not reproducible:')} two workers made other bytes of ${printable(step)}.${printable(output)}`,
    `    kept:  ${printable(kept)}`,
    `    other: ${printable(made)}, made by ${printable(worker)}`,
  ];
}
