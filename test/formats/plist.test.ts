import fc from 'fast-check';
import { build } from 'plist';
import { expect, test } from 'vitest';
import { FormatError } from '../../src/base/index.ts';
import { readPlist, type PlistValue } from '../../src/formats/plist/index.ts';

const read = (text: string): PlistValue => readPlist(Buffer.from(text));

test('what the package plist writes is read as it was', () => {
  const value = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.string({ unit: 'grapheme' }).map((each) => each.replace(/[\p{Cc}\ufffe\uffff]/gu, '')),
      fc.integer(),
      fc.boolean(),
      fc.uint8Array({ maxLength: 40 }),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(fc.stringMatching(/^[a-z<&]{1,6}$/), tie('value'), { maxKeys: 4 }),
    ),
  })).value;
  fc.assert(
    fc.property(value, (each) => {
      expect(plain(read(build(each as never)))).toEqual(each);
    }),
  );
});

test('comments and the declaration are passed over, entities resolved', () => {
  expect(
    plain(
      read(
        '<?xml version="1.0"?><!DOCTYPE plist><!-- a > b --><plist version="1.0"><dict><key>a&amp;b</key><!-- c --><string>&lt;&#65;&#x42;</string></dict></plist>',
      ),
    ),
  ).toEqual({ 'a&b': '<AB' });
});

test('a key named __proto__ is a key', () => {
  const dict = read('<plist><dict><key>__proto__</key><true/></dict></plist>');
  expect(dict).toEqual(new Map([['__proto__', true]]));
});

test.each([
  { what: 'no text', text: '', message: 'ends inside an element' },
  { what: 'an open element', text: '<plist><dict>', message: 'ends inside an element' },
  {
    what: 'a wrong end tag',
    text: '<plist><string>a</dict></plist>',
    message: 'has </dict> inside <string>',
  },
  { what: 'an unknown entity', text: '<plist><string>&bogus;</string></plist>', message: 'unknown entity' },
  { what: 'bad base64', text: '<plist><data>A*</data></plist>', message: 'not base64' },
  {
    what: 'a value without key',
    text: '<plist><dict><true/></dict></plist>',
    message: 'in place of a <key>',
  },
  { what: 'stray text', text: '<plist><array>text</array></plist>', message: 'text between elements' },
  { what: 'another document', text: '<html></html>', message: 'does not begin with <plist>' },
  { what: 'bottomless nesting', text: `<plist>${'<array>'.repeat(100_000)}`, message: 'nests deeper' },
])('$what is refused', ({ text, message }) => {
  expect(() => read(text)).toThrow(FormatError);
  expect(() => read(text)).toThrow(message);
});

/** Maps as records, to compare. */
function plain(value: PlistValue): unknown {
  if (value instanceof Map) {
    return Object.fromEntries(
      [...(value as ReadonlyMap<string, PlistValue>)].map(([key, each]) => [key, plain(each)]),
    );
  }
  if (Array.isArray(value)) return value.map((each: PlistValue) => plain(each));
  return value;
}
