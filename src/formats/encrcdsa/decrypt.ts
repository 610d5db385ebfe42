import { createDecipheriv, createHmac } from 'node:crypto';
import type { ByteSource } from '../../base/index.ts';
import { checkRange } from '../source/index.ts';
import type { Encrypted } from './read.ts';
import type { ImageKeys } from './unlock.ts';

/** What is read at a time, so that a long range needs no more memory than twice its own. */
const step = 2 ** 20;

/**
 * The image in an encrypted one, decrypted where it is read.
 * @param blocks the encrypted blocks, from the image's first byte on
 * @param size of the image in bytes
 */
export function decrypted(
  blocks: ByteSource,
  { blockSize, keyBits }: Pick<Encrypted, 'blockSize' | 'keyBits'>,
  keys: ImageKeys,
  size: number,
): ByteSource {
  const stepBlocks = Math.max(1, Math.floor(step / blockSize));
  return {
    size,
    async read(offset, length) {
      checkRange({ size }, offset, length);
      const output = new Uint8Array(length);
      const last = Math.ceil((offset + length) / blockSize);
      for (let block = Math.floor(offset / blockSize); block < last; block += stepBlocks) {
        const count = Math.min(stepBlocks, last - block);
        const start = block * blockSize;
        const plain = decryptBlocks(
          await blocks.read(start, count * blockSize),
          block,
          { blockSize, keyBits },
          keys,
        );
        const from = Math.max(offset, start);
        const to = Math.min(offset + length, start + plain.length);
        output.set(plain.subarray(from - start, to - start), from - offset);
      }
      return output;
    },
  };
}

/**
 * AES-CBC with a vector a block: all blocks at once as AES-ECB, and then what CBC adds to each 16 bytes is the 16
 * bytes of cipher text before them, or the block's vector. A cipher a block would take ten times as long.
 */
function decryptBlocks(
  cipherText: Uint8Array,
  firstBlock: number,
  { blockSize, keyBits }: Pick<Encrypted, 'blockSize' | 'keyBits'>,
  { cipher, hmac }: ImageKeys,
): Uint8Array {
  const decipher = createDecipheriv(`aes-${keyBits}-ecb`, cipher, null).setAutoPadding(false);
  const plain = new Uint8Array(decipher.update(cipherText));
  const number = Buffer.alloc(4);
  for (let start = 0; start < plain.length; start += blockSize) {
    number.writeUInt32BE((firstBlock + start / blockSize) % 2 ** 32);
    const vector = createHmac('sha1', hmac).update(number).digest();
    for (let i = 0; i < 16; i++) plain[start + i] = (plain[start + i] ?? 0) ^ (vector[i] ?? 0);
    addCipherText(plain, cipherText, start, blockSize);
  }
  return plain;
}

/** 32 bits at a time where both lie so. */
function addCipherText(plain: Uint8Array, cipherText: Uint8Array, start: number, blockSize: number): void {
  if (cipherText.byteOffset % 4 === 0) {
    const to = new Uint32Array(plain.buffer, plain.byteOffset + start + 16, (blockSize - 16) / 4);
    const from = new Uint32Array(cipherText.buffer, cipherText.byteOffset + start, (blockSize - 16) / 4);
    for (let i = 0; i < to.length; i++) to[i] = (to[i] ?? 0) ^ (from[i] ?? 0);
    return;
  }
  for (let i = 16; i < blockSize; i++)
    plain[start + i] = (plain[start + i] ?? 0) ^ (cipherText[start + i - 16] ?? 0);
}
