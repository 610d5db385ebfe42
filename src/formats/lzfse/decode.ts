import { FormatError } from '../../base/index.ts';
import { struct, u32le } from '../struct/index.ts';
import { readVersion1, readVersion2 } from './block-header.ts';
import { decodeCompressedBlock } from './compressed-block.ts';
import { decodeLzvn } from './lzvn.ts';
import { appendLiterals, newOutput, type Reused } from './output.ts';

/** The four kinds of block, by their first four bytes; "bvx$" ends the stream. */
const magic = {
  raw: 0x2d787662, // "bvx-"
  lzvn: 0x6e787662, // "bvxn"
  version1: 0x31787662, // "bvx1"
  version2: 0x32787662, // "bvx2"
  end: 0x24787662, // "bvx$"
} as const;

const rawHeader = struct('lzfse.raw', { magic: u32le, rawBytes: u32le });
const lzvnHeader = struct('lzfse.lzvn', { magic: u32le, rawBytes: u32le, payloadBytes: u32le });

/**
 * Decodes an LZFSE stream. Matches reach back over blocks.
 * @param size of the output in bytes, which the stream must fill exactly
 * @param at where the stream lies in the file, for errors
 * @param reused where the result may lie until it is used again; it grows as it has to
 */
export function decodeLzfse(input: Uint8Array, size: number, at = 0, reused?: Reused): Uint8Array {
  const fail = (message: string, from: number): never => {
    throw new FormatError('lzfse', message, { offset: at + from });
  };
  if (input.length < 4) return fail('has no block', 0);
  const view = new DataView(input.buffer, input.byteOffset, input.length);
  const output = newOutput(size, reused);
  let from = 0;
  for (;;) {
    if (from + 4 > input.length) return fail('ends without an end block', from);
    switch (view.getUint32(from, true)) {
      case magic.end:
        if (output.length !== size) return fail(`decodes to ${output.length} bytes instead of ${size}`, from);
        return output.bytes.subarray(0, size);
      case magic.raw: {
        const { rawBytes } = rawHeader.decode(input, from, at);
        from += rawHeader.size;
        if (from + rawBytes > input.length) return fail('ends inside a raw block', from);
        appendLiterals(output, input, from, rawBytes, at + from);
        from += rawBytes;
        break;
      }
      case magic.lzvn: {
        const { rawBytes, payloadBytes } = lzvnHeader.decode(input, from, at);
        from += lzvnHeader.size;
        if (from + payloadBytes > input.length) return fail('ends inside an LZVN block', from);
        const before = output.length;
        decodeLzvn(input.subarray(from, from + payloadBytes), output, at + from);
        if (output.length - before !== rawBytes) {
          return fail(`a block decodes to ${output.length - before} bytes instead of ${rawBytes}`, from);
        }
        from += payloadBytes;
        break;
      }
      case magic.version1:
      case magic.version2: {
        const read = view.getUint32(from, true) === magic.version1 ? readVersion1 : readVersion2;
        const header = read(input, from, at);
        const payloadBytes = header.literalBytes + header.matchBytes;
        from += header.size;
        if (from + payloadBytes > input.length) return fail('ends inside a block', from);
        decodeCompressedBlock(header, input.subarray(from, from + payloadBytes), output, at + from);
        from += payloadBytes;
        break;
      }
      default:
        return fail('a block begins with none of the known signatures', from);
    }
  }
}
