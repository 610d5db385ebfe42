import { readSync } from 'node:fs';
import { FormatError, type ByteSource } from '../../base/index.ts';
import { crc32, decodeChunk, newScratch, type Scratch } from '../../formats/udif/index.ts';
import type { ImagePath } from '../open/place.ts';
import type { Piece } from './pieces.ts';
import { writeAllSync } from '../write-all.ts';

/**
 * What the threads of the process share: open files by their descriptors, and an image that is inside another by its
 * place, which each of the others opens for itself; this thread has it open. Without an output the pieces are only decoded.
 */
export interface Files {
  readonly input: number | ImagePath | ByteSource;
  readonly output: number | undefined;
  /** Whose turn it is to write, where several threads do: one Int32. */
  readonly turn?: SharedArrayBuffer;
}

/** Used again for every piece: nothing keeps what a piece is read into and decoded to once it is written. */
export interface Memory {
  input: Buffer;
  readonly output: Scratch;
}

export function newMemory(): Memory {
  return { input: Buffer.alloc(0), output: newScratch() };
}

/** Reads, decodes and writes pieces one after another. @param memory of nobody else meanwhile @returns their CRC-32s */
export async function decodePieces(
  pieces: readonly Piece[],
  files: Files,
  memory: Memory,
): Promise<readonly number[]> {
  const sums: number[] = [];
  for (const piece of pieces) sums.push(await decodePiece(piece, files, memory));
  return sums;
}

async function decodePiece(piece: Piece, { input, output, turn }: Files, memory: Memory): Promise<number> {
  const stored =
    typeof input === 'number'
      ? readWhole(input, piece.offset, piece.length, memory)
      : await ('read' in input ? input : await opened(input)).read(piece.offset, piece.length);
  const data = await decodeChunk(piece, stored, memory.output);
  if (output !== undefined) inTurn(turn, () => write(output, piece, data));
  return crc32(data);
}

function write(output: number, piece: Piece, data: Uint8Array): void {
  if (piece.targets === undefined) writeSparse(output, data, piece.start);
  for (const { from, length, to } of piece.targets ?? []) {
    writeSparse(output, data.subarray(from, from + length), to);
  }
}

/** In milliseconds. */
const longestTurn = 100;

/**
 * The kernel lets one thread write to a file at a time; the others would wait for it at full speed, and so they sleep.
 * Nothing but speed depends on it: a thread that was ended in its turn never gives it back, and is not waited for long.
 */
function inTurn(turn: SharedArrayBuffer | undefined, act: () => void): void {
  if (turn === undefined) {
    act();
    return;
  }
  const taken = new Int32Array(turn);
  while (Atomics.compareExchange(taken, 0, 0, 1) !== 0) {
    if (Atomics.wait(taken, 0, 1, longestTurn) === 'timed-out') break;
  }
  try {
    act();
  } finally {
    Atomics.store(taken, 0, 0);
    Atomics.notify(taken, 0, 1);
  }
}

let place: { readonly of: ImagePath; readonly source: Promise<ByteSource> } | undefined;

/** The image at a place, opened once; the thread's end closes it. */
async function opened(of: ImagePath): Promise<ByteSource> {
  if (place?.of !== of) {
    place = { of, source: openPlace(of) };
  }
  return place.source;
}

/** A thread that has a descriptor starts sooner without all that this needs. */
async function openPlace(of: ImagePath): Promise<ByteSource> {
  const [{ openOuter }, { openNested }] = await Promise.all([
    import('../open/outer/open-outer.ts'),
    import('../open/nested.ts'),
  ]);
  return openNested((await openOuter(of)).source, of.inside, of.password);
}

function readWhole(descriptor: number, offset: number, length: number, memory: Memory): Uint8Array {
  if (memory.input.length < length) memory.input = Buffer.allocUnsafeSlow(length);
  const data = memory.input.subarray(0, length);
  for (let done = 0; done < length;) {
    const count = readSync(descriptor, data, done, length - done, offset + done);
    if (count === 0) {
      throw new FormatError('udif', 'the file became shorter while it was read', { offset: offset + done });
    }
    done += count;
  }
  return data;
}

/** The grain of holes: a page, as file systems allocate. */
const page = 4096;
const zeros = Buffer.alloc(page);

/** Writes what is not zero, page by page of the output; the rest stays a hole of the fresh file. */
function writeSparse(descriptor: number, data: Uint8Array, position: number): void {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  let pending = -1;
  for (let from = 0; from < bytes.length;) {
    const to = Math.min(bytes.length, from + page - ((position + from) % page));
    // Few pages that are used begin and end with zero: the others need no call.
    const empty =
      bytes[from] === 0 && bytes[to - 1] === 0 && bytes.compare(zeros, 0, to - from, from, to) === 0;
    if (empty && pending >= 0) {
      writeAllSync(descriptor, bytes.subarray(pending, from), position + pending);
      pending = -1;
    } else if (!empty && pending < 0) pending = from;
    from = to;
  }
  if (pending >= 0) writeAllSync(descriptor, bytes.subarray(pending), position + pending);
}
