import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { joinCrc32, zerosCrc32 } from '../../src/formats/udif/index.ts';

test('checksums of pieces join to the checksum of the whole', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
      expect(joinCrc32(crc32(a), crc32(b), b.length)).toBe(crc32(Buffer.concat([a, b])));
    }),
  );
});

test('the checksum of zeros needs no zeros', () => {
  for (const length of [0, 1, 511, 512, 4096, 1_000_003]) {
    expect(zerosCrc32(length)).toBe(crc32(Buffer.alloc(length)));
  }
  // 2^40 zero bytes are 2^20 joined with themselves 20 times.
  let sum = zerosCrc32(2 ** 20);
  for (let size = 2 ** 20; size < 2 ** 40; size *= 2) sum = joinCrc32(sum, sum, size);
  expect(zerosCrc32(2 ** 40)).toBe(sum);
});
