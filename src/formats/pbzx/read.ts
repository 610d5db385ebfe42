import { FormatError } from '../../base/index.ts';
import { ByteReader, type ByteStream } from '../stream/index.ts';
import { struct, u32, u64 } from '../struct/index.ts';
import { decodeXz } from '../xz/index.ts';

/** The beginning of a pbzx stream, the payload of packages since 10.10. Not published; big-endian. */
export const pbzxHeader = struct('pbzx.header', {
  signature: u32, // 'pbzx'
  blockSize: u64, // of every chunk but the last, decoded: 16 MiB
});

/** Before each chunk. One that did not become smaller is stored: then both are the same. */
export const pbzxChunk = struct('pbzx.chunk', {
  size: u64, // decoded
  length: u64, // as stored, an .xz container of its own
});

export const pbzxSignature = 0x70627a78;

/** Apple's writers use 16 MiB. */
const largestBlock = 64 * 2 ** 20;

/**
 * Decodes a pbzx stream chunk by chunk; it ends where its input does.
 * @param at where it begins in the file, for errors
 */
export async function* readPbzx(bytes: ByteStream, at: number): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(bytes, 'pbzx');
  try {
    const header = pbzxHeader.decode(await reader.exactly(pbzxHeader.size), 0, at);
    if (header.signature !== pbzxSignature) {
      throw new FormatError('pbzx', 'does not begin with "pbzx"', { offset: at });
    }
    if (header.blockSize < 1n || header.blockSize > BigInt(largestBlock)) {
      throw new FormatError('pbzx', `chunks of ${header.blockSize} bytes are larger than ${largestBlock}`, {
        offset: at + 4,
      });
    }
    while ((await reader.peek(1)).length > 0) {
      const place = at + reader.position;
      const { size, length } = pbzxChunk.decode(await reader.exactly(pbzxChunk.size), 0, place);
      if (size < 1n || size > header.blockSize || length < 1n || length > size) {
        throw new FormatError(
          'pbzx',
          `a chunk of ${length} bytes for ${size} does not fit a stream whose chunks have ${header.blockSize}`,
          { offset: place },
        );
      }
      if (length === size) {
        yield* reader.stream(Number(size));
        continue;
      }
      const data = await reader.exactly(Number(length));
      yield await decodeXz(data, Number(size), place + pbzxChunk.size);
    }
  } finally {
    await reader.close();
  }
}
