import { ByteReader, type ByteStream } from '../stream/index.ts';
import { pbzxChunk, pbzxHeader, pbzxSignature } from './read.ts';

const blockSize = 16 * 2 ** 20;

/** Writes a pbzx stream whose chunks are stored as they are. */
export async function* writePbzx(bytes: ByteStream): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(bytes, 'pbzx');
  yield pbzxHeader.encode({ signature: pbzxSignature, blockSize: BigInt(blockSize) });
  for (;;) {
    const { length } = await reader.peek(blockSize);
    if (length === 0) return;
    yield pbzxChunk.encode({ size: BigInt(length), length: BigInt(length) });
    yield await reader.exactly(length);
  }
}
