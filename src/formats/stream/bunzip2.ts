import { FormatError } from '../../base/index.ts';
import { bzip2Codec, dropBzip2Codec } from '../bzip2/index.ts';
import { ByteReader } from './byte-reader.ts';
import type { ByteStream } from './stream-of.ts';

/*
 * The library decodes a whole file into memory that has to be had before. A bzip2 file is a chain of blocks that know
 * nothing of each other, each begun by a number of 48 bits at any bit: so each is made a file of its own.
 */
const blockMagic = 0x314159265359n;
const endMagic = 0x177245385090n;
/** A block of 900,000 bytes does not compress to more than that, whatever its Huffman codes. */
const longestBlock = 4 * 2 ** 20;

/**
 * Decodes a bzip2 file, or several on end, block by block.
 * @param at where it begins in the file, for errors
 */
export async function* bunzip2(bytes: ByteStream, at: number): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(bytes, 'bzip2');
  const fail = (message: string): never => {
    throw new FormatError('bzip2', message, { offset: at });
  };
  try {
    do {
      const head = Buffer.from(await reader.exactly(4)).toString('latin1');
      if (!/^BZh[1-9]$/.test(head)) return fail('does not begin with "BZh"');
      const level = Number(head[3]);
      for (let bit = 0; ;) {
        const magic = bitsAt(await reader.peek(7), 0, bit);
        if (magic === endMagic) {
          await reader.exactly(Math.ceil((bit + 48 + 32) / 8));
          break;
        }
        if (magic !== blockMagic) return fail('has no block where one belongs');
        const { data, end } = (await upToNext(reader)) ?? fail('has a block without an end');
        yield await decodeBlock(wrapBlock(data, bit, end, head), level, fail);
        await reader.exactly(Math.floor(end / 8));
        bit = end % 8;
      }
    } while ((await reader.peek(1)).length > 0);
  } finally {
    await reader.close();
  }
}

/** The bytes from here to the next block or end, which begins at the bit `end` of them. */
async function upToNext(reader: ByteReader): Promise<{ data: Uint8Array; end: number } | undefined> {
  let from = 7;
  for (let want = 2 ** 18; want <= longestBlock; want *= 2) {
    const data = await reader.peek(want);
    for (let index = from; index + 6 < data.length; index++) {
      const shifts = pairs[((data[index] ?? 0) << 8) | (data[index + 1] ?? 0)] ?? 0;
      for (let bit = 0; shifts >> bit !== 0; bit++) {
        if (((shifts >> bit) & 1) === 0) continue;
        const found = bitsAt(data, index - 1, bit);
        if (found === blockMagic || found === endMagic) return { data, end: (index - 1) * 8 + bit };
      }
    }
    if (data.length < want) return undefined;
    from = data.length - 6;
  }
  return undefined;
}

/** For every two bytes, at which bits (as a set) of the byte before a magic number may begin that has them whole. */
const pairs = ((): Uint8Array => {
  const table = new Uint8Array(65536);
  for (const magic of [blockMagic, endMagic]) {
    for (let bit = 0; bit < 8; bit++) {
      const pair = Number((magic >> BigInt(24 + bit)) & 0xffffn);
      table[pair] = (table[pair] ?? 0) | (1 << bit);
    }
  }
  return table;
})();

/** The 48 bits that begin at a bit of a byte; undefined when they are not all there. */
function bitsAt(data: Uint8Array, byte: number, bit: number): bigint | undefined {
  const length = bit === 0 ? 6 : 7;
  if (byte + length > data.length) return undefined;
  let bits = 0n;
  for (let index = 0; index < length; index++) bits = (bits << 8n) | BigInt(data[byte + index] ?? 0);
  return (bits >> BigInt(length * 8 - 48 - bit)) & 0xffffffffffffn;
}

/** A file of the one block from bit `start` to bit `end`. Its CRC is the block's own. */
function wrapBlock(data: Uint8Array, start: number, end: number, head: string): Uint8Array {
  const length = end - start;
  const whole = Math.floor(length / 8);
  const output = Buffer.alloc(4 + whole + 12);
  output.write(head, 'latin1');
  for (let index = 0; index <= whole; index++) {
    output[4 + index] = ((data[index] ?? 0) << start) | ((data[index + 1] ?? 0) >> (8 - start));
  }
  const rest = length % 8;
  const crc = BigInt(output.readUInt32BE(10));
  const partial = BigInt((output[4 + whole] ?? 0) >> (8 - rest));
  const padding = (8 - rest) % 8;
  let tail = ((((partial << 48n) | endMagic) << 32n) | crc) << BigInt(padding);
  const tailLength = (rest + 80 + padding) / 8;
  for (let index = tailLength - 1; index >= 0; index--, tail >>= 8n) {
    output[4 + whole + index] = Number(tail & 0xffn);
  }
  return output.subarray(0, 4 + whole + tailLength);
}

async function decodeBlock(
  file: Uint8Array,
  level: number,
  fail: (message: string) => never,
): Promise<Uint8Array> {
  const usual = level * 100_000;
  // The first of bzip2's steps counts runs: 5 bytes stand for 259 at the most.
  for (const room of [2 * usual, Math.ceil((usual * 259) / 5)]) {
    const codec = await bzip2Codec();
    try {
      return codec.decompress(file, room);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      if (!reason.startsWith('BZ2')) dropBzip2Codec();
      if (!reason.includes(outputFull) || room > 2 * usual) return fail(`does not decode: ${reason}`);
    }
  }
  return fail('does not decode');
}

const outputFull = 'failed: -8';
