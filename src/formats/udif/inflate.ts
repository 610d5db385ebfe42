import { constants, createInflate, inflateSync, type ZlibOptions } from 'node:zlib';

/** Memory for output that is used again; it grows as it has to. */
export interface Scratch {
  buffer: Buffer;
}

export function newScratch(): Scratch {
  return { buffer: Buffer.alloc(0) };
}

/** What inflateSync itself works with. Node leaves it open and does not document it. */
interface Inflate {
  _outBuffer: Buffer | undefined;
  readonly _processChunk: ((data: Uint8Array, flush: number) => Buffer) | undefined;
}

/**
 * Inflates a whole zlib stream.
 * @param size of the output in bytes, at the most
 * @param scratch where the output may lie until the next call; without, it has memory of its own. Memory that is new for
 *   every chunk costs a seventh of the whole time: the kernel gives it out page by page, and takes it back
 * @throws what zlib throws; RangeError when there is more output
 */
export function inflateInto(data: Uint8Array, size: number, scratch?: Scratch): Uint8Array {
  // One byte more, or zlib would ask for another buffer to see that nothing follows.
  const options: ZlibOptions = {
    chunkSize: Math.max(size + 1, constants.Z_MIN_CHUNK),
    maxOutputLength: size,
  };
  if (scratch === undefined) return inflateSync(data, options);
  // Its own buffer is never touched, and so costs nothing.
  const inflate = createInflate(options) as unknown as Inflate;
  if (inflate._processChunk === undefined || !Buffer.isBuffer(inflate._outBuffer))
    return inflateSync(data, options);
  const { length } = inflate._outBuffer;
  if (scratch.buffer.length < length) scratch.buffer = Buffer.allocUnsafeSlow(length);
  inflate._outBuffer = scratch.buffer.subarray(0, length);
  return inflate._processChunk(data, constants.Z_FINISH);
}
