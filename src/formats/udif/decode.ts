import { FormatError } from '../../base/index.ts';
import { decodeBzip2 } from '../bzip2/index.ts';
import { decodeLzfse } from '../lzfse/index.ts';
import { decodeXz } from '../xz/index.ts';
import { decodeAdc } from './adc.ts';
import type { Chunk } from './block-table.ts';
import { inflateInto, type Scratch } from './inflate.ts';

/**
 * Decodes one chunk that has data.
 * @param data the chunk's bytes in the file
 * @param scratch memory that the result may lie in until it is used again
 * @throws FormatError when they do not decode to exactly the chunk's size
 */
export async function decodeChunk(chunk: Chunk, data: Uint8Array, scratch?: Scratch): Promise<Uint8Array> {
  switch (chunk.kind) {
    case 'zero':
    case 'ignore':
      return new Uint8Array(chunk.size);
    case 'raw':
      return data;
    case 'adc':
      return decodeAdc(data, chunk.size, chunk.offset);
    case 'zlib':
      return inflate(chunk, data, scratch);
    case 'bzip2':
      return decodeBzip2(data, chunk.size, chunk.offset);
    case 'lzfse':
      return decodeLzfse(data, chunk.size, chunk.offset, scratch);
    case 'lzma':
      return decodeXz(data, chunk.size, chunk.offset);
  }
}

function inflate(chunk: Chunk, data: Uint8Array, scratch: Scratch | undefined): Uint8Array {
  const fail = (what: string): never => {
    throw new FormatError('udif', `a zlib chunk of ${chunk.length} bytes ${what}`, { offset: chunk.offset });
  };
  try {
    const output = inflateInto(data, chunk.size, scratch);
    return output.length === chunk.size
      ? output
      : fail(`decodes to ${output.length} bytes instead of ${chunk.size}`);
  } catch (cause) {
    if (cause instanceof FormatError) throw cause;
    return fail(`does not decode: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}
