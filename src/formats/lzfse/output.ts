import { FormatError } from '../../base/index.ts';

/** What the blocks of a stream write to: one buffer of the size announced, which no copy may leave. */
export interface Output {
  /** With `slack` bytes more, which a copy may touch. */
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly size: number;
  /** How many bytes there are so far. */
  length: number;
}

/** Short copies go by four bytes and so up to three too far. */
const slack = 16;
/** From here on the engine's own copy is faster. */
const long = 64;

/** Memory that is used for one stream after another: new memory for each costs the kernel's zeroing and the collector. */
export interface Reused {
  buffer: Buffer;
}

export function newOutput(size: number, reused?: Reused): Output {
  const bytes = reused === undefined ? new Uint8Array(size + slack) : memoryOf(reused, size + slack);
  return { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), size, length: 0 };
}

function memoryOf(reused: Reused, length: number): Uint8Array {
  if (reused.buffer.length < length) reused.buffer = Buffer.allocUnsafeSlow(length);
  // Not a Buffer: what is decoded into is always of one class, which keeps the inner loops fast.
  return new Uint8Array(reused.buffer.buffer, reused.buffer.byteOffset, length);
}

/** Copies bytes that the caller has checked to be in `input`, which may be read up to three bytes further, and to have room. */
export function copyLiterals(
  output: Output,
  to: number,
  input: Uint8Array,
  from: number,
  count: number,
): void {
  const { bytes } = output;
  if (count >= long) bytes.set(input.subarray(from, from + count), to);
  else for (let index = 0; index < count; index++) bytes[to + index] = input[from + index] ?? 0;
}

/** Repeats `count` bytes from `distance` back, which may overlap with those written. The caller has checked both. */
export function copyMatch({ bytes, view }: Output, to: number, distance: number, count: number): void {
  if (distance >= count && count >= long) {
    bytes.copyWithin(to, to - distance, to - distance + count);
  } else if (distance >= 4) {
    for (let index = to, end = to + count; index < end; index += 4) {
      view.setInt32(index, view.getInt32(index - distance, true), true);
    }
  } else {
    for (let index = to, end = to + count; index < end; index++) bytes[index] = bytes[index - distance] ?? 0;
  }
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
  copyLiterals(output, output.length, input, from, count);
  output.length += count;
}

/** Appends `count` bytes from `distance` back. They may overlap with those appended. @param at for errors */
export function appendMatch(output: Output, distance: number, count: number, at: number): void {
  checkRoom(output, count, at);
  if (distance < 1 || distance > output.length) {
    throw new FormatError('lzfse', `copies from ${distance} bytes back where there are ${output.length}`, {
      offset: at,
    });
  }
  copyMatch(output, output.length, distance, count);
  output.length += count;
}

function checkRoom(output: Output, count: number, at: number): void {
  if (output.length + count <= output.size) return;
  throw new FormatError('lzfse', `decodes to more than ${output.size} bytes`, { offset: at });
}
