import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable, printableInPlace, printableLines } from '../../src/text/printable.ts';

const anyText = fc.string({ unit: 'binary' });

describe('printable', () => {
  it.each([
    ['plain text stays', 'gcc -c a.c', 'gcc -c a.c'],
    ['colours go', '\u001b[1;31merror:\u001b[0m no', 'error: no'],
    ['a moved cursor goes', '\u001b[2J\u001b[10;20Hx\u001b[?25l', 'x'],
    ['a window title goes', '\u001b]0;owned\u0007x', 'x'],
    ['a link keeps its text', '\u001b]8;;http://a/\u001b\\here\u001b]8;;\u001b\\', 'here'],
    ['a device control string goes', '\u001bPq#0;2\u001b\\x', 'x'],
    ['the C1 spelling goes', '\u009b31mred\u009d0;t\u009c!', 'red!'],
    ['a sequence that never ends goes', 'x\u001b]0;title', 'x'],
    ['a lone escape goes', 'x\u001b', 'x'],
    ['a line that overwrote itself shows its last state', ' 10 %\r 20 %\r', ' 20 %'],
    ['tabs and breaks are spaces', 'a\tb\nc\u2028d', 'a  b c d'],
    ['bells and zeros go', 'a\u0007\u0000b\u007f', 'ab'],
    ['text cannot be turned round', '\u202egnp.exe', 'gnp.exe'],
    ['half a surrogate pair is replaced', '\ud800x', '\ufffdx'],
  ])('%s', (_title, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('leaves no control, format or line character of any text', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(printable(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      }),
    );
  });

  it('cuts a line of megabytes', () => {
    expect(printable('x'.repeat(10_000_000))).toHaveLength(2_001);
    expect(printable('\u001b]'.repeat(1_000_000)).length).toBeLessThanOrEqual(2_001);
  });
});

it('splits text into lines before it cleans them', () => {
  expect(printableLines('one\r\ntwo\n\u001b[1mthree')).toEqual(['one', 'two', 'three']);
});

it('keeps every offset of a text where offsets must hold', () => {
  expect(printableInPlace('a: \u001b[1m\t"b"\r\n\u202ec')).toBe('a: \ufffd[1m\t"b"\r\n\ufffdc');
  fc.assert(
    fc.property(anyText, (text) => {
      expect(printableInPlace(text)).toHaveLength(text.length);
      expect(printableInPlace(text)).not.toMatch(/[^\P{Cc}\t\r\n]/u);
    }),
  );
});
