import { createCipheriv, createHash } from 'node:crypto';
import type { ByteSource } from '../../base/index.ts';
import { checkRange } from '../../formats/source/index.ts';

/** Bytes that do not compress, the same ones for the same seed: AES-128's key stream, counted in blocks of 16 bytes. */
export function noise(seed: string, size: number): ByteSource {
  const key = createHash('sha256').update(seed).digest().subarray(0, 16);
  return {
    size,
    async read(offset, length) {
      checkRange({ size }, offset, length);
      const skip = offset % 16;
      const counter = Buffer.alloc(16);
      counter.writeBigUInt64BE(BigInt((offset - skip) / 16), 8);
      const stream = createCipheriv('aes-128-ctr', key, counter).update(Buffer.alloc(skip + length));
      return Promise.resolve(stream.subarray(skip));
    },
  };
}
