import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FormatError } from '../../../src/base/index.ts';
import { findMultibootHeader } from '../../../src/formats/multiboot/index.ts';

const magic = 0x1badb002;

/** A flat image of 16 KiB with a header at an offset. */
function image(offset: number, fields: readonly number[], flags = 0x10003): Uint8Array {
  const bytes = Buffer.alloc(16384);
  const words = [magic, flags, 2 ** 32 - (magic + flags), ...fields];
  words.forEach((word, index) => bytes.writeUInt32LE(word, offset + 4 * index));
  return bytes;
}

describe('the multiboot header of a flat image', () => {
  it('is found at every offset where a loader looks, and nowhere else', () => {
    for (const offset of [0, 4, 4096, 8192 - 32]) {
      const found = findMultibootHeader(image(offset, [0x100000 + offset, 0x100000, 0, 0, 0x100010]));
      expect(found).toEqual({ offset, loadAddress: 0x100000, entry: 0x100010 });
    }
    for (const offset of [2, 8192 - 28, 12000]) {
      expect(() => findMultibootHeader(image(offset, [0x100000 + offset, 0x100000, 0, 0, 0x100010]))).toThrow(
        'there is no header in the first 8192 bytes',
      );
    }
  });

  it.each<[string, readonly number[], number, string]>([
    ['without addresses', [0x100000, 0x100000, 0, 0, 0x100000], 3, 'the header gives no addresses'],
    [
      'that is not where it says',
      [0x100004, 0x100000, 0, 0, 0x100000],
      0x10003,
      'says that it is 4 bytes in',
    ],
    [
      'with an entry outside',
      [0x100000, 0x100000, 0, 0, 0x104000],
      0x10003,
      'the entry is outside of the file',
    ],
    [
      'that loads a part',
      [0x100000, 0x100000, 0x100800, 0, 0x100000],
      0x10003,
      'does not load the whole file',
    ],
  ])('%s is refused', (_what, fields, flags, message) => {
    expect(() => findMultibootHeader(image(0, fields, flags))).toThrow(message);
  });

  it('of any bytes is found or refused', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        try {
          findMultibootHeader(bytes);
        } catch (error) {
          if (!(error instanceof FormatError)) throw error;
        }
      }),
    );
  });
});
