import { FormatError } from '../../base/index.ts';

/** How far a step may read behind the input before that is noticed: 50 symbols of 20 bits, and a word. In bytes. */
const room = 160;

/** Bits of a byte range, the highest of each byte first. */
export interface BitReader {
  /** The range, with zeros behind it, so that 32 bits may be read near its end. */
  readonly view: DataView;
  /** The next bit, and the first one after the range. */
  position: number;
  readonly end: number;
  /** Where the range lies in the file, for errors. */
  readonly at: number;
}

let scratch = new Uint8Array(0);
let scratchView = new DataView(scratch.buffer);

/** Reads a range; what was read of another before is done with. */
export function readBits(bytes: Uint8Array, bit: number, at: number): BitReader {
  if (scratch.length < bytes.length + room) {
    scratch = new Uint8Array(Math.ceil(bytes.length * 1.25) + room);
    scratchView = new DataView(scratch.buffer);
  }
  scratch.set(bytes);
  scratch.fill(0, bytes.length, bytes.length + room);
  return { view: scratchView, position: bit, end: bytes.length * 8, at };
}

/** Takes 1 to 24 bits. */
export function takeBits(bits: BitReader, count: number): number {
  const { position } = bits;
  bits.position = position + count;
  if (bits.position > bits.end) throw ended(bits);
  return (bits.view.getInt32(position >> 3) << (position & 7)) >>> (32 - count);
}

export function ended({ at, end }: BitReader): FormatError {
  return new FormatError('bzip2', 'ends inside a block', { offset: at + (end >> 3) });
}

/** An error at the byte that is being read. */
export function damaged({ at, position }: BitReader, message: string): FormatError {
  return new FormatError('bzip2', message, { offset: at + (position >> 3) });
}
