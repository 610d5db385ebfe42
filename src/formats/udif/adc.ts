import { FormatError } from '../../base/index.ts';

/**
 * Decodes Apple Data Compression, an LZ77 of three opcodes:
 *
 *     1nnnnnnn                    n + 1 literal bytes follow
 *     01nnnnnn dddddddd dddddddd  n + 4 bytes from d + 1 back
 *     00nnnndd dddddddd           n + 3 bytes from d + 1 back
 *
 * There is no end mark: decoding ends with the input.
 * @param size of the output in bytes, which the input must fill exactly
 * @param at where the input lies in the file, for errors
 */
export function decodeAdc(input: Uint8Array, size: number, at = 0): Uint8Array {
  // Three bytes give 67 at the most: a longer claim needs no buffer.
  if (size > input.length * 23) throw tooShort(input, size, at);
  const output = new Uint8Array(size);
  let from = 0;
  let to = 0;
  while (from < input.length) {
    const opcode = input[from] ?? 0;
    const literal = (opcode & 0x80) !== 0;
    const opcodeSize = literal ? 1 : (opcode & 0x40) !== 0 ? 3 : 2;
    const length = literal ? (opcode & 0x7f) + 1 : opcodeSize === 3 ? (opcode & 0x3f) + 4 : (opcode >> 2) + 3;
    if (from + opcodeSize + (literal ? length : 0) > input.length) {
      throw new FormatError('adc', 'ends inside an opcode', { offset: at + from });
    }
    if (to + length > size) {
      throw new FormatError('adc', `decodes to more than ${size} bytes`, { offset: at + from });
    }
    if (literal) {
      output.set(input.subarray(from + 1, from + 1 + length), to);
      from += 1 + length;
    } else {
      const first = input[from + 1] ?? 0;
      const distance =
        1 + (opcodeSize === 3 ? (first << 8) | (input[from + 2] ?? 0) : ((opcode & 3) << 8) | first);
      if (distance > to) {
        throw new FormatError('adc', `copies from ${distance} bytes back where there are ${to}`, {
          offset: at + from,
        });
      }
      copyWithin(output, to, distance, length);
      from += opcodeSize;
    }
    to += length;
  }
  if (to !== size) throw tooShort(input, size, at);
  return output;
}

/** Source and destination may overlap: a short distance repeats what it copies. */
function copyWithin(output: Uint8Array, to: number, distance: number, length: number): void {
  if (distance >= length) output.copyWithin(to, to - distance, to - distance + length);
  else for (let i = 0; i < length; i++) output[to + i] = output[to + i - distance] ?? 0;
}

function tooShort(input: Uint8Array, size: number, at: number): FormatError {
  return new FormatError('adc', `${input.length} bytes decode to less than ${size}`, { offset: at });
}
