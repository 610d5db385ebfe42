import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { printable } from '../../src/text/printable.ts';
import { fit, padTo, textWidth, wrap } from '../../src/text/text-width.ts';

const anyText = fc.string({ unit: 'binary' }).map(printable);

it.each([
  ['qemu', 4],
  ['構築', 4],
  ['🍎', 2],
  ['e\u0301', 1],
  ['━━─', 3],
  ['ｆｕｌｌ', 8],
  ['👨‍👩‍👧', 2],
  ['❤️', 2],
])('%s is %d columns wide', (text, columns) => {
  expect(textWidth(text)).toBe(columns);
});

describe('fit', () => {
  it('cuts with an ellipsis and never through a wide character', () => {
    expect(fit('seabios', 7)).toBe('seabios');
    expect(fit('seabios', 6)).toBe('seabi…');
    expect(fit('構築します', 6)).toBe('構築…');
    expect(fit('seabios', 1)).toBe('…');
    expect(fit('seabios', 0)).toBe('');
    expect(fit('e\u0301e\u0301e\u0301', 2)).toBe('e\u0301…');
    expect(fit('👨‍👩‍👧👨‍👩‍👧', 3)).toBe('👨‍👩‍👧…');
  });

  it('is never wider than it may be', () => {
    fc.assert(
      fc.property(anyText, fc.nat(40), (text, columns) => {
        expect(textWidth(fit(text, columns))).toBeLessThanOrEqual(columns);
      }),
    );
  });
});

it('pads to columns, not to characters', () => {
  expect(padTo('構築', 6)).toBe('構築  ');
  expect(padTo('seabios', 3)).toBe('seabios');
});

describe('wrap', () => {
  it('breaks between words and keeps a long one whole', () => {
    expect(wrap('see /a/long/path/of/it now', 8)).toEqual(['see', '/a/long/path/of/it', 'now']);
    expect(wrap('  as it is', 80)).toEqual(['  as it is']);
  });

  it('loses no word', () => {
    fc.assert(
      fc.property(anyText, fc.integer({ min: 1, max: 40 }), (text, columns) => {
        const words = (each: string) => each.split(' ').filter((word) => word !== '');
        expect(words(wrap(text, columns).join(' '))).toEqual(words(text));
      }),
    );
  });
});
