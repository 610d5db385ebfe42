import { FormatError } from '../../base/index.ts';

/** What the blocks of a stream write to: one buffer of the size announced, which no copy may leave. */
export interface Output {
  readonly bytes: Uint8Array;
  /** How many bytes there are so far. */
  length: number;
}

/** Appends bytes of `input`, which has been checked to hold them. @param at for errors */
export function appendLiterals(
  output: Output,
  input: Uint8Array,
  from: number,
  count: number,
  at: number,
): void {
  checkRoom(output, count, at);
  const { bytes, length } = output;
  if (count < 16) for (let i = 0; i < count; i++) bytes[length + i] = input[from + i] ?? 0;
  else bytes.set(input.subarray(from, from + count), length);
  output.length = length + count;
}

/** Appends `count` bytes from `distance` back. They may overlap with those appended. @param at for errors */
export function appendMatch(output: Output, distance: number, count: number, at: number): void {
  checkRoom(output, count, at);
  const { bytes, length } = output;
  if (distance < 1 || distance > length) {
    throw new FormatError('lzfse', `copies from ${distance} bytes back where there are ${length}`, {
      offset: at,
    });
  }
  if (distance >= count && count >= 16)
    bytes.copyWithin(length, length - distance, length - distance + count);
  else for (let i = length, end = length + count; i < end; i++) bytes[i] = bytes[i - distance] ?? 0;
  output.length = length + count;
}

function checkRoom(output: Output, count: number, at: number): void {
  if (output.length + count <= output.bytes.length) return;
  throw new FormatError('lzfse', `decodes to more than ${output.bytes.length} bytes`, { offset: at });
}
