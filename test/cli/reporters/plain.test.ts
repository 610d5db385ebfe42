import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainReporter } from '../../../src/cli/reporters/plain.ts';
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
