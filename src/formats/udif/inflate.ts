import { constants, createInflate, inflateSync } from 'node:zlib';

/** What is used again for every chunk: zlib's state, and memory for output, which grows as it has to. */
export interface Scratch {
  buffer: Buffer;
  /** Undefined: not asked for yet, or this Node has none that is known. */
  inflater?: Inflater | undefined;
}

export function newScratch(): Scratch {
  return { buffer: Buffer.alloc(0) };
}

/** What Node's own inflateSync works with. Node leaves it open and does not document it. */
interface ZlibHandle {
  onerror: (message: string) => void;
  readonly reset: () => void;
  readonly writeSync: (
    flush: number,
    input: Uint8Array,
    inputOffset: number,
    inputLength: number,
    output: Uint8Array,
    outputOffset: number,
    outputLength: number,
  ) => void;
}

interface Inflater {
  readonly handle: ZlibHandle;
  /** How much of the output, and of the input, was left by the last write. */
  readonly left: Uint32Array;
}

/**
 * Inflates a whole zlib stream.
 * @param size of the output in bytes, at the most
 * @param scratch where the output may lie until the next call; without, it has memory of its own. An object and memory
 *   that are new for every chunk cost a seventh of the whole time: most of it goes to the garbage collector
 * @throws what zlib throws; RangeError when there is more output
 */
export function inflateInto(data: Uint8Array, size: number, scratch?: Scratch): Uint8Array {
  const inflater = scratch === undefined ? undefined : (scratch.inflater ??= newInflater());
  // One byte more, or zlib would ask for another buffer to see that nothing follows.
  const length = Math.max(size + 1, constants.Z_MIN_CHUNK);
  if (scratch === undefined || inflater === undefined)
    return inflateSync(data, { chunkSize: length, maxOutputLength: size });
  if (scratch.buffer.length < length) scratch.buffer = Buffer.allocUnsafeSlow(length);
  const { handle, left } = inflater;
  let fault: string | undefined;
  handle.onerror = (message) => (fault = message);
  handle.reset();
  handle.writeSync(constants.Z_FINISH, data, 0, data.length, scratch.buffer, 0, length);
  if (fault !== undefined) throw new Error(fault);
  const written = length - (left[0] ?? 0);
  if (written > size) throw new RangeError(`more than ${size} bytes`);
  return scratch.buffer.subarray(0, written);
}

function newInflater(): Inflater | undefined {
  // Its own buffer is never touched.
  const { _handle: handle, _writeState: left } = createInflate({
    chunkSize: constants.Z_MIN_CHUNK,
  }) as unknown as {
    readonly _handle?: Partial<ZlibHandle>;
    readonly _writeState?: unknown;
  };
  const isKnown =
    typeof handle?.writeSync === 'function' &&
    typeof handle.reset === 'function' &&
    left instanceof Uint32Array &&
    left.length === 2;
  return isKnown ? { handle: handle as ZlibHandle, left } : undefined;
}
