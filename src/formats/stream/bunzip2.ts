import { FormatError } from '../../base/index.ts';
import { decodeNext, readLevel } from '../bzip2/index.ts';
import { ByteReader } from './byte-reader.ts';
import type { ByteStream } from './stream-of.ts';

/**
 * Decodes a bzip2 file, or several on end, block by block.
 * @param at where it begins in the file, for errors
 */
export async function* bunzip2(bytes: ByteStream, at: number): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(bytes, 'bzip2');
  try {
    do {
      const level = readLevel(await reader.exactly(4));
      if (level === undefined) {
        throw new FormatError('bzip2', 'does not begin with "BZh"', { offset: at + reader.position - 4 });
      }
      // Every byte of a block takes 20 bits at the most, its codes some kilobytes.
      const longestBlock = level * 250_000 + 2 ** 16;
      for (let bit = 0; ;) {
        const next = decodeNext(await reader.peek(longestBlock), bit, level, at + reader.position);
        await reader.exactly(next.kind === 'end' ? Math.ceil(next.end / 8) : next.end >> 3);
        if (next.kind === 'end') break;
        yield next.bytes;
        bit = next.end & 7;
      }
    } while ((await reader.peek(1)).length > 0);
  } finally {
    await reader.close();
  }
}
