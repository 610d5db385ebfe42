import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FormatError } from '../../src/base/index.ts';
import { readPlist } from '../../src/formats/plist/index.ts';

/** What Python's plistlib writes. */
const python = Buffer.from(
  'YnBsaXN0MDDYAQIDBAUGBwgJCgsOExQVFlRiYW5kVGRhdGVUZGVlcFRsaXN0VG5hbWVUcmVhbFRzaXplVHdpZGVEAAECAzNBBRgAAAAAANEMDVFhoKQPEBESCQgT//////////8RASxRdiM/+AAAAAAAABMAAAAQAAAAAGIA6SYDCBkeIygtMjc8QUZPUlRVWltcZWhqc3wAAAAAAAABAQAAAAAAAAAXAAAAAAAAAAAAAAAAAAAAgQ==',
  'base64',
);

test('a binary property list of another program is read as it was meant', () => {
  expect(readPlist(python)).toEqual(
    new Map<string, unknown>([
      ['name', 'v'],
      ['size', 2 ** 36],
      ['band', Uint8Array.of(0, 1, 2, 3)],
      ['real', 1.5],
      ['date', new Date('2001-01-03T00:00:00Z')],
      ['list', [true, false, -1, 300]],
      ['wide', 'é☃'],
      ['deep', new Map([['a', []]])],
    ]),
  );
});

test('one that contains itself is refused', () => {
  const head = Buffer.concat([
    Buffer.from('bplist00'),
    Buffer.of(0xa1, 0, 8),
    Buffer.alloc(6),
    Buffer.of(1, 1),
  ]);
  const words = [1n, 0n, 10n].map((word) => {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64BE(word);
    return bytes;
  });
  const list = Buffer.concat([head, ...words]);
  expect(() => readPlist(list)).toThrow(/nests deeper than 64 elements/);
});

test('any bytes give a value or a FormatError', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(python.length - 1), fc.nat(255)), { maxLength: 6 }), (changes) => {
      const copy = Buffer.from(python);
      for (const [at, byte] of changes) copy[at] = byte;
      try {
        readPlist(copy);
      } catch (error) {
        expect(error).toBeInstanceOf(FormatError);
      }
    }),
    { numRuns: 5000 },
  );
});
