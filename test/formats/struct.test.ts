import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FormatError } from '../../src/base/index.ts';
import { array, bytes, struct, text, u16, u32, u32le, u64, u8 } from '../../src/formats/struct/index.ts';

const inner = struct('sample.inner', { low: u8, high: u16 });
const sample = struct('sample.outer', {
  magic: u32,
  little: u32le,
  long: u64,
  name: text(8),
  raw: bytes(3),
  pairs: array(inner, 2),
});

test('one declaration lays fields out in order, each with its own byte order', () => {
  expect(sample.size).toBe(4 + 4 + 8 + 8 + 3 + 6);
  const data = sample.encode({
    magic: 0x01020304,
    little: 0x01020304,
    long: 0x0102030405060708n,
    name: 'disk',
    raw: Uint8Array.of(9, 8, 7),
    pairs: [
      { low: 1, high: 0x0203 },
      { low: 4, high: 0x0506 },
    ],
  });
  expect(Buffer.from(data).toString('hex')).toBe(
    '01020304' + '04030201' + '0102030405060708' + '6469736b00000000' + '090807' + '010203' + '040506',
  );
});

test('what a structure writes it reads again', () => {
  fc.assert(
    fc.property(
      fc.record({
        magic: fc.nat({ max: 0xffffffff }),
        little: fc.nat({ max: 0xffffffff }),
        long: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
        name: fc.stringMatching(/^[a-z]{0,8}$/),
        raw: fc.uint8Array({ minLength: 3, maxLength: 3 }),
        pairs: fc.array(fc.record({ low: fc.nat({ max: 255 }), high: fc.nat({ max: 65535 }) }), {
          minLength: 2,
          maxLength: 2,
        }),
      }),
      (value) => {
        expect(sample.decode(sample.encode(value))).toEqual(value);
      },
    ),
  );
});

test('a structure that the bytes are too short for is an error with the absolute offset', () => {
  expect(() => sample.decode(new Uint8Array(sample.size + 3), 4, 1000)).toThrow(
    new FormatError('sample', 'sample.outer needs 33 bytes and 32 are there', { offset: 1004 }),
  );
});
