import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { decodeChunk, newScratch, type Chunk } from '../../src/formats/udif/index.ts';

function chunkOf(data: Uint8Array, stored: Uint8Array, size = data.length): Chunk {
  return { kind: 'zlib', start: 0, size, offset: 0, length: stored.length };
}

describe('memory that is used again', () => {
  const texts = ['short', 'as long as it gets '.repeat(60_000), 'in between '.repeat(900)].map((each) =>
    Buffer.from(each),
  );

  test('holds each chunk in turn, whatever their sizes, and nothing is left over from the one before', async () => {
    const scratch = newScratch();
    for (const data of [...texts, ...texts.toReversed()]) {
      const stored = deflateSync(data);
      const decoded = await decodeChunk(chunkOf(data, stored), stored, scratch);
      expect(Buffer.compare(decoded, data)).toBe(0);
      expect(decoded.buffer).toBe(scratch.buffer.buffer);
    }
  });

  test('is not asked for: a chunk then has memory of its own', async () => {
    const stored = texts.map((data) => deflateSync(data));
    const decoded: Uint8Array[] = [];
    for (const [index, data] of texts.entries()) {
      const bytes = stored[index] ?? data;
      decoded.push(await decodeChunk(chunkOf(data, bytes), bytes));
    }
    expect(decoded.map((each) => Buffer.from(each))).toEqual(texts);
  });

  test.each([
    ['more than its size', (data: Buffer) => [deflateSync(data), data.length - 1]],
    ['less than its size', (data: Buffer) => [deflateSync(data), data.length + 1]],
    ['a stream that ends too early', (data: Buffer) => [deflateSync(data).subarray(0, -20), data.length]],
    ['no zlib stream', (data: Buffer) => [data, data.length]],
  ] as const)('%s is refused, and the next chunk decodes', async (_, make) => {
    const scratch = newScratch();
    for (const data of texts) {
      const [bytes, size] = make(data) as [Buffer, number];
      await expect(decodeChunk(chunkOf(data, bytes, size), bytes, scratch)).rejects.toThrow(
        /^a zlib chunk .* \(udif/,
      );
      const whole = deflateSync(data);
      expect(Buffer.compare(await decodeChunk(chunkOf(data, whole), whole, scratch), data)).toBe(0);
    }
  });
});
