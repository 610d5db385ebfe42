import { inflateSync } from 'node:zlib';
import { FormatError } from '../../base/index.ts';
import { bzip2Codec, dropBzip2Codec } from '../bzip2/index.ts';
import { decodeLzfse } from '../lzfse/index.ts';
import { decodeXz } from '../xz/index.ts';
import { decodeAdc } from './adc.ts';
import type { Chunk } from './block-table.ts';

/**
 * Decodes one chunk that has data.
 * @param data the chunk's bytes in the file
 * @throws FormatError when they do not decode to exactly the chunk's size
 */
export async function decodeChunk(chunk: Chunk, data: Uint8Array): Promise<Uint8Array> {
  switch (chunk.kind) {
    case 'zero':
    case 'ignore':
      return new Uint8Array(chunk.size);
    case 'raw':
      return data;
    case 'adc':
      return decodeAdc(data, chunk.size, chunk.offset);
    case 'zlib':
      return exactly(chunk, () =>
        inflateSync(data, { chunkSize: chunk.size + 1, maxOutputLength: chunk.size }),
      );
    case 'bzip2': {
      const codec = await bzip2Codec();
      return exactly(chunk, () => codec.decompress(data, chunk.size));
    }
    case 'lzfse':
      return decodeLzfse(data, chunk.size, chunk.offset);
    case 'lzma':
      return decodeXz(data, chunk.size, chunk.offset);
  }
}

function exactly(chunk: Chunk, decode: () => Uint8Array): Uint8Array {
  let output: Uint8Array;
  try {
    output = decode();
  } catch (cause) {
    if (chunk.kind === 'bzip2') dropBzip2Codec();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FormatError(
      'udif',
      `a ${chunk.kind} chunk of ${chunk.length} bytes does not decode: ${reason}`,
      {
        offset: chunk.offset,
      },
    );
  }
  if (output.length === chunk.size) return output;
  throw new FormatError(
    'udif',
    `a ${chunk.kind} chunk decodes to ${output.length} bytes instead of ${chunk.size}`,
    {
      offset: chunk.offset,
    },
  );
}
