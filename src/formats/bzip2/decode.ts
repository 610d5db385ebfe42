import { FormatError } from '../../base/index.ts';
import { damaged, readBits, takeBits } from './bit-reader.ts';
import { readBlock } from './block.ts';
import { crc32 } from './crc32.ts';
import { expand, expandedSize } from './expand.ts';

/** "BZh" and the level's digit. */
const headSize = 4;
const blockMagic = [0x314159, 0x265359] as const;
const endMagic = [0x177245, 0x385090] as const;

/** The level in a stream's head, 1 to 9; undefined when it is not one. */
export function readLevel(head: Uint8Array): number | undefined {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, headSize)).toString('latin1');
  return /^BZh[1-9]$/.test(text) ? Number(text[3]) : undefined;
}

/**
 * Decodes a bzip2 stream.
 * @param size of the output in bytes, which the stream must fill exactly
 * @param at where it lies in the file, for errors
 */
export function decodeBzip2(input: Uint8Array, size: number, at = 0): Uint8Array {
  const level = readLevel(input);
  if (level === undefined) throw new FormatError('bzip2', 'does not begin with "BZh"', { offset: at });
  const bits = readBits(input, headSize * 8, at);
  const output = new Uint8Array(size);
  let length = 0;
  let whole = 0;
  for (;;) {
    const magic = [takeBits(bits, 24), takeBits(bits, 24)] as const;
    if (same(magic, endMagic)) break;
    if (!same(magic, blockMagic)) throw damaged(bits, 'has other data in place of a block header');
    const block = readBlock(bits, level);
    const end = expand(block, output, length);
    if (end === undefined) throw damaged(bits, `decodes to more than ${size} bytes`);
    if (crc32(output, length, end) !== block.crc32) throw damaged(bits, "a block's CRC-32 does not match");
    whole = ((whole << 1) | (whole >>> 31)) ^ block.crc32;
    length = end;
  }
  const expected = (takeBits(bits, 16) << 16) | takeBits(bits, 16);
  if (whole !== expected) throw damaged(bits, "the stream's CRC-32 does not match");
  if (length !== size) throw damaged(bits, `decodes to ${length} bytes instead of ${size}`);
  return output;
}

/** What stands at a bit of a stream: a block, decoded, or the end of the stream. */
export type Next =
  | {
      readonly kind: 'block';
      readonly bytes: Uint8Array;
      /** Where it ends, in bits of the data. */ readonly end: number;
    }
  | { readonly kind: 'end'; readonly end: number };

/**
 * Decodes one block of a stream.
 * @param data of the stream, of which the block is in it from its bit `bit` on
 */
export function decodeNext(data: Uint8Array, bit: number, level: number, at: number): Next {
  const bits = readBits(data, bit, at);
  const magic = [takeBits(bits, 24), takeBits(bits, 24)] as const;
  if (same(magic, endMagic)) {
    takeBits(bits, 16);
    takeBits(bits, 16);
    return { kind: 'end', end: bits.position };
  }
  if (!same(magic, blockMagic)) throw damaged(bits, 'has other data in place of a block header');
  const block = readBlock(bits, level);
  const bytes = new Uint8Array(expandedSize(block));
  expand(block, bytes, 0);
  if (crc32(bytes, 0, bytes.length) !== block.crc32) throw damaged(bits, "a block's CRC-32 does not match");
  return { kind: 'block', bytes, end: bits.position };
}

function same(a: readonly [number, number], b: readonly [number, number]): boolean {
  return a[0] === b[0] && a[1] === b[1];
}
