import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FormatError } from '../../src/base/index.ts';
import { decodeBzip2 } from '../../src/formats/bzip2/index.ts';
import { bunzip2 } from '../../src/formats/stream/index.ts';

function bzip2(data: Uint8Array, level = 9): Buffer {
  return execFileSync('bzip2', ['-c', `-${level}`], { input: data, maxBuffer: 2 ** 26 });
}

/** Runs of every length around those at which the first step of bzip2 counts. */
function runs(): Buffer {
  const parts: Buffer[] = [];
  for (let length = 1; length < 530; length++) parts.push(Buffer.alloc(length, length * 7));
  return Buffer.concat(parts);
}

const samples: readonly (readonly [what: string, data: Buffer])[] = [
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.from('a')],
  ['all bytes once', Buffer.from(Uint8Array.from({ length: 256 }, (_, byte) => 255 - byte))],
  ['text', Buffer.from('so much depends upon a red wheel barrow glazed with rain water; '.repeat(3000))],
  ['zeros', Buffer.alloc(3_000_000)],
  ['runs', runs()],
  ['noise', randomBytes(1_500_000)],
  ['a program', readFileSync(process.execPath).subarray(0, 4 * 2 ** 20)],
];

test.each(samples)('%s comes back as bzip2 packed it, at once and in a stream', async (_what, data) => {
  for (const level of [1, 9]) {
    const packed = bzip2(data, level);
    expect(Buffer.from(decodeBzip2(packed, data.length)).equals(data)).toBe(true);
    const pieces: Uint8Array[] = [];
    for await (const piece of bunzip2(inPieces(packed), 0)) pieces.push(piece);
    expect(Buffer.concat(pieces).equals(data)).toBe(true);
  }
});

/** As a file is read that is no faster than that. */
async function* inPieces(data: Buffer): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < data.length; from += 70_001) {
    await Promise.resolve();
    yield data.subarray(from, from + 70_001);
  }
}

test('a stream that decodes to another size is refused', () => {
  const packed = bzip2(runs());
  const { length } = runs();
  expect(() => decodeBzip2(packed, length - 1)).toThrow(`decodes to more than ${length - 1} bytes`);
  expect(() => decodeBzip2(packed, length + 1)).toThrow(
    `decodes to ${length} bytes instead of ${length + 1}`,
  );
  expect(() => decodeBzip2(Buffer.from('BZh0'), 0)).toThrow('does not begin with "BZh" (bzip2, at byte 0)');
  expect(() => decodeBzip2(packed.subarray(0, 200), length, 1000)).toThrow(
    'ends inside a block (bzip2, at byte 1200)',
  );
});

test('any byte changed, and any cut, is noticed or leaves the data as they were', () => {
  const data = Buffer.concat([runs().subarray(0, 20_000), Buffer.from('to be or not to be; '.repeat(300))]);
  const packed = bzip2(data);
  fc.assert(
    fc.property(fc.nat({ max: packed.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, by) => {
      const changed = Buffer.from(packed);
      changed[at] = (changed[at] ?? 0) ^ by;
      for (const stream of [changed, packed.subarray(0, at)]) {
        try {
          expect(Buffer.from(decodeBzip2(stream, data.length)).equals(data)).toBe(true);
        } catch (error) {
          if (!(error instanceof FormatError)) throw error;
        }
      }
    }),
    { numRuns: 2000 },
  );
});
