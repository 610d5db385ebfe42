import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainReporter } from '../../../src/cli/reporters/plain.ts';
import { sha256 } from '../../../src/base/index.ts';
import type { RunEvent } from '../../../src/engine/events.ts';
import { anyRun } from './any-run.ts';
import { failedRun, firstRun, interruptedRun, secondRun } from './recorded-run.ts';
import { textSink } from './sink.ts';

function plainText(events: readonly RunEvent[], colour = false): string {
  const sink = textSink();
  const reporter = plainReporter(sink, { colour, folder: '/home/ann/mill' });
  for (const event of events) reporter.take(event);
  reporter.close();
  return sink.text();
}

describe('the plain reporter', () => {
  it.each([
    ['a first run', 'first-run', firstRun],
    ['a run with nothing to do', 'second-run', secondRun],
    ['a run that fails and keeps going', 'failed-run', failedRun],
    ['a run that is interrupted', 'interrupted-run', interruptedRun],
  ])('tells %s as the golden text does', async (_title, name, events) => {
    await expect(plainText(events)).toMatchFileSnapshot(`golden/plain-${name}.txt`);
  });

  it('says of a run with nothing to do that there was nothing to do', () => {
    expect(plainText(secondRun)).toContain('\nnothing to do: 7 steps cached, 0.31 s\n');
  });

  it('names the worker that made a step, and tells of what workers do', () => {
    const at = (seconds: number, event: object) => ({ time: seconds * 1000, ...event }) as RunEvent;
    const key = sha256('qemu');
    const text = plainText([
      at(0, { type: 'run-started', pipeline: 'tools', steps: ['qemu'] }),
      at(1, { type: 'step-started', step: 'qemu', key, why: [], log: '/log', worker: 'build1' }),
      at(2, { type: 'workers-note', message: 'build1 gave qemu back; build2 makes it' }),
      at(3, { type: 'step-started', step: 'qemu', key, why: [], log: '/log', worker: 'build2' }),
      at(5, { type: 'step-done', step: 'qemu', key, milliseconds: 2000, notes: [], worker: 'build2' }),
    ]);
    expect(text).toContain('\nworkers: build1 gave qemu back; build2 makes it\n');
    expect(text).toMatch(/^qemu {2}done in .* on build2$/m);
  });

  it('tells the progress of a step once in 15 s at most', () => {
    expect(plainText(firstRun).match(/^qemu .*steps\/s/gm)).toHaveLength(7);
  });

  it('tells how much of a large file has been read, how fast, and for how long yet', () => {
    const at = (seconds: number, event: object) => ({ time: seconds * 1000, ...event }) as RunEvent;
    const hashing = {
      type: 'step-hashing',
      step: 'disk',
      input: 'image',
      path: '/home/ann/mac.img',
      total: 2 ** 40,
    };
    const text = plainText([
      at(0, { type: 'run-started', pipeline: 'image', steps: ['disk'] }),
      ...Array.from({ length: 40 }, (_, i) => at(i, { ...hashing, done: i * 2 ** 29 })),
    ]);
    const lines = text.split('\n').filter((line) => line.includes('hashing'));
    expect(lines).toHaveLength(2);
    expect(lines[0]).toBe(
      'disk  hashing /home/ann/mac.img: 0 %, 0.0 of 1.0 TiB, 512 MiB/s, about 33 min 54 s left',
    );
  });

  const key = sha256('a key');
  const at = (seconds: number, event: object) => ({ time: seconds * 1000, ...event }) as RunEvent;
  const begin = at(0, { type: 'run-started', pipeline: 'p', steps: ['one', 'two'] });
  const running = { type: 'step-started', step: 'one', key, why: [], log: '/log' };
  const counted = (done: number) => ({
    type: 'step-event',
    step: 'one',
    event: { type: 'progress', done, total: 10, unit: 'files' },
  });

  it('counts with one clock from a step’s start to its end, and tells apart what was fetched before', () => {
    const fetching = { type: 'step-fetching', step: 'one', source: 's', what: 'a.tar', done: 1 };
    const text = plainText([
      begin,
      at(0, fetching),
      at(30, running),
      at(91, { type: 'step-output', step: 'one', line: 'compiling' }),
      at(95, { type: 'step-done', step: 'one', key, milliseconds: 40_000, notes: [], unchanged: false }),
    ]);
    expect(text).toContain('one  running for 1 min 1 s: compiling\n');
    expect(text).toContain('one  done in 1 min 5 s, after fetching for 30 s\n');
  });

  it('says no progress twice, and that a step which stands still is running', () => {
    const events = Array.from({ length: 100 }, (_, second) => at(second + 1, counted(Math.min(3, second))));
    const lines = plainText([begin, at(0, running), ...events])
      .split('\n')
      .filter((line) => /^one/.test(line));
    expect(lines).toEqual([
      'one  started',
      expect.stringContaining('30 %, 3 of 10 files') as string,
      'one  running for 1 min 15 s',
    ]);
  });

  it('tells notes that another step has told word for word only once', () => {
    const notes = ['a disc of 14002176 bytes'];
    const done = { type: 'step-done', step: 'one', key, milliseconds: 1, notes, unchanged: false };
    const cached = { type: 'step-cached', step: 'two', key, notes };
    expect(plainText([begin, at(0, running), at(1, done), at(1, cached)]).match(/a disc of/g)).toHaveLength(
      1,
    );
    expect(plainText([begin, at(1, { ...cached, notes: ['another'] })])).toContain('another');
  });

  it('tells of the products even when the run breaks off after publishing them', () => {
    const events = firstRun.filter(({ type }) => type !== 'run-finished');
    expect(plainText(events)).toMatch(/image: artifacts\/image\n(.*\n){6}$/);
  });

  it('colours only when asked to', () => {
    expect(plainText(failedRun, true)).toContain('\u001b[31mfailed after 54 s:\u001b[39m');
  });

  it('writes whole lines without a control character, whatever happens', () => {
    fc.assert(
      fc.property(anyRun, (events) => {
        const text = plainText(events);
        expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
        expect(text === '' || text.endsWith('\n')).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
