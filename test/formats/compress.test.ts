import { randomFillSync } from 'node:crypto';
import { expect, test } from 'vitest';
import { compressChunk } from '../../src/formats/udif/index.ts';

const size = 2 ** 20;
const dense = randomFillSync(Buffer.alloc(size));
const text = Buffer.alloc(size, 'apples ');

test.each([
  ['what is compressed already', dense, 'raw'],
  ['a short one of that', dense.subarray(0, 4096), 'raw'],
  ['text', text, 'zlib'],
  [
    'one whose second half is text',
    Buffer.concat([dense.subarray(size / 2), text.subarray(size / 2)]),
    'zlib',
  ],
] as const)('%s is stored as it should be', (_, data, kind) => {
  const stored = compressChunk(data, 1);
  expect(stored.kind).toBe(kind);
  expect(stored.bytes.length).toBeLessThanOrEqual(data.length);
});
