import { describe, expect, it } from 'vitest';
import { emptyState, follow } from '../../../src/cli/reporters/run-state.ts';
import type { RunEvent } from '../../../src/engine/events.ts';
import { interruptedRun } from './recorded-run.ts';

function stateAfter(...events: readonly unknown[]) {
  const state = emptyState();
  for (const [n, event] of events.entries())
    follow(state, { time: n * 1000, step: 'qemu', ...(event as object) } as RunEvent);
  return state;
}
const line = (text: string) => ({ type: 'step-output', line: text });

describe('the state of a run', () => {
  it('takes the progress of a build from lines such as ninja writes', () => {
    const step = stateAfter(line('[412/1283] Compiling C object a.o')).active.get('qemu');
    expect(step?.progress).toEqual({
      done: 412,
      total: 1283,
      unit: 'steps',
      label: 'Compiling C object a.o',
    });
  });

  it('takes other lines as what the step is doing, but not empty ones', () => {
    expect(stateAfter(line('checking for gcc'), line('  ')).active.get('qemu')?.lastLine).toBe(
      'checking for gcc',
    );
  });

  it('forgets what was counted when all of it is done and the step goes on', () => {
    const step = stateAfter(line('[9/9] Linking target qemu-img'), line('strip qemu-img')).active.get('qemu');
    expect([step?.progress, step?.lastLine]).toEqual([undefined, 'strip qemu-img']);
    expect(stateAfter(line('[8/9] Linking'), line('strip')).active.get('qemu')?.progress?.done).toBe(8);
  });

  it('forgets the progress of fetching once the step itself speaks', () => {
    const fetching = { type: 'step-fetching', source: 'tree', what: 'qemu.tar.xz', done: 5, total: 10 };
    expect(stateAfter(fetching).active.get('qemu')?.progress?.total).toBe(10);
    expect(stateAfter(fetching, line('configure')).active.get('qemu')?.progress).toBeUndefined();
  });

  it('measures each file of a step on its own', () => {
    const file = (what: string, done: number) => ({
      type: 'step-fetching',
      source: 'tree',
      what,
      done,
      total: 99,
    });
    const step = stateAfter(file('a', 10), file('a', 20), file('a', 30), file('b', 40)).active.get('qemu');
    expect(step?.rate?.amount).toBe(0);
  });

  it('believes no progress that is not made of numbers', () => {
    for (const done of ['7', null, -1, NaN, Infinity]) {
      const event = { type: 'step-event', event: { type: 'progress', done, total: 9, unit: 'steps' } };
      expect(stateAfter(event).active.get('qemu')?.progress).toBeUndefined();
    }
  });

  it('knows what is active and what has ended', () => {
    const state = emptyState();
    for (const event of interruptedRun) follow(state, event);
    expect([...state.active.keys()]).toEqual(['seabios', 'qemu']);
    expect([...state.ended]).toEqual(['buildroot', 'probe']);
  });
});
