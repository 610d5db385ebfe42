import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTemplate } from '../../src/yaml/template.ts';

describe('a text with references', () => {
  it('is split into texts and references with their offsets', () => {
    expect(parseTemplate('a ${b} and ${c-1.d}!')).toEqual({
      parts: [
        'a ',
        { name: 'b', start: 2, end: 6 },
        ' and ',
        { name: 'c-1', output: 'd', start: 11, end: 19 },
        '!',
      ],
      faults: [],
    });
  });

  it('holds a literal "${" where it says "$${"', () => {
    expect(parseTemplate('$${HOME} $$ $x ${y}').parts).toEqual([
      '${HOME} $$ $x ',
      { name: 'y', start: 15, end: 19 },
    ]);
  });

  it.each(['${', '${}', '${a', '${A}', '${a.}', '${.a}', '${a.b.c}', '${a b}', '${${a}}', '${1}'])(
    '%s is at fault',
    (text) => {
      expect(parseTemplate(text).faults).not.toEqual([]);
    },
  );

  it('gives back any text once every "${" in it is escaped', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('$', '{', '}', 'a', '.', '-')), (pieces) => {
        // A "$" before "${" would itself be an escape.
        const text = pieces.join('').replace(/\$+\{/g, () => '${');
        const { parts, faults } = parseTemplate(text.replaceAll('${', () => '$${'));
        expect(faults).toEqual([]);
        expect(parts).toEqual(text === '' ? [] : [text]);
      }),
    );
  });

  it('takes no longer than its length allows', () => {
    for (const text of ['${'.repeat(200_000), '$'.repeat(400_000), '${a}'.repeat(100_000)]) {
      expect(parseTemplate(text).parts.length + parseTemplate(text).faults.length).toBeGreaterThan(0);
    }
  });
});
