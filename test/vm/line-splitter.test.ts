import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineLog } from '../../src/vm/process/line-log.ts';
import { lineSplitter } from '../../src/vm/process/line-splitter.ts';

function split(chunks: readonly Uint8Array[], limit = 1000): { lines: string[]; rest: string } {
  const lines: string[] = [];
  const splitter = lineSplitter(limit, 'cut', (line) => lines.push(line.toString('latin1')));
  for (const chunk of chunks) splitter.push(chunk);
  return { lines, rest: splitter.rest().toString('latin1') };
}

describe('lineSplitter', () => {
  it('gives the same lines however the bytes are cut into chunks', () => {
    const text = fc.array(fc.constantFrom('a', 'bc', '\n', '\r\n', '\r', ''), { maxLength: 40 });
    fc.assert(
      fc.property(text, fc.array(fc.nat(8)), (parts, cuts) => {
        const whole = Buffer.from(parts.join(''), 'latin1');
        const chunks: Buffer[] = [];
        let at = 0;
        for (const cut of cuts) chunks.push(whole.subarray(at, (at += cut)));
        chunks.push(whole.subarray(at));
        expect(split(chunks)).toEqual(split([whole]));
      }),
    );
  });

  it('ends a line at a line feed, without the carriage return before it', () => {
    expect(split([Buffer.from('one\r\ntwo\n\nthr')])).toEqual({ lines: ['one', 'two', ''], rest: 'thr' });
  });

  it('cuts a line at the limit and goes on with the next', () => {
    expect(split([Buffer.from('abc'), Buffer.from('def\nxy\n')], 4).lines).toEqual(['abcd', 'xy']);
  });

  it('calls for help once when a line is too long and that is an error', () => {
    const calls: string[] = [];
    const splitter = lineSplitter(
      4,
      (limit) => calls.push(`over ${limit}`),
      (line) => calls.push(String(line)),
    );
    splitter.push(Buffer.from('ok\nfive5\nmore\n'));
    splitter.push(Buffer.from('more\n'));
    expect(calls).toEqual(['ok', 'over 4']);
  });
});

describe('LineLog', () => {
  it('numbers lines so that a reader goes on where it was', () => {
    const log = new LineLog();
    log.push(Buffer.from('a\nb\n'));
    expect(log.since(1)).toEqual([{ number: 1, text: 'b' }]);
    log.push(Buffer.from('c\n'));
    expect(log.since(2)).toEqual([{ number: 2, text: 'c' }]);
  });

  it('keeps the newest lines of a flood, with their numbers', () => {
    const log = new LineLog();
    for (let i = 0; i < 30_000; i++) log.push(Buffer.from(`${i}\n`));
    expect(log.all().length).toBeLessThanOrEqual(20_000);
    expect(log.since(29_999)).toEqual([{ number: 29_999, text: '29999' }]);
    expect(log.since(0)[0]?.text).toBe(String(log.since(0)[0]?.number));
  });

  it('shows control characters as dots, so that a guest cannot write to our terminal', () => {
    const log = new LineLog();
    log.push(Buffer.from('\x1b[31mred\x07\x9b\tend', 'latin1'));
    expect(log.all()).toEqual(['·[31mred··\tend']);
  });

  it('leaves the control sequences for a terminal out where the guest writes to one', () => {
    const log = new LineLog({ isTerminal: true });
    log.push(
      Buffer.from('\x1b[2J\x1b[01;01H\x1b[0m\x1b[37m\x1b[40mBdsDxe: \x1b]\x07loading\r\nend\x1b[', 'latin1'),
    );
    expect(log.all()).toEqual(['BdsDxe: ·]·loading', 'end·[']);
  });
});
