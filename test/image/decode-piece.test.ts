import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { memorySource } from '../../src/formats/source/index.ts';
import { decodePieces, newMemory } from '../../src/image/decode/decode-piece.ts';
import { freshFolder } from '../rig/folder.ts';

test('pieces are written although a thread that was ended in its turn never gives it back', async () => {
  const data = Buffer.alloc(8192, 'apples ');
  const turn = new SharedArrayBuffer(4);
  new Int32Array(turn)[0] = 1;
  const path = join(freshFolder(), 'out');
  const output = openSync(path, 'w');
  const pieces = [0, 4096].map((start) => ({
    kind: 'raw' as const,
    start,
    size: 4096,
    offset: start,
    length: 4096,
  }));
  const sums = await decodePieces(pieces, { input: memorySource(data), output, turn }, newMemory());
  closeSync(output);
  expect(sums).toHaveLength(2);
  expect(readFileSync(path).equals(data)).toBe(true);
  // Whoever goes on leaves the turn free for the next.
  expect(new Int32Array(turn)[0]).toBe(0);
});
