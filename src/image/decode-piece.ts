import { readSync, writeSync } from 'node:fs';
import { FormatError, type ByteSource } from '../base/index.ts';
import { crc32, decodeChunk } from '../formats/udif/index.ts';
import { openFile } from './file-source.ts';
import { openNested, type Place } from './nested.ts';
import type { Piece } from './pieces.ts';

/**
 * What the threads of the process share: open files by their descriptors, and an image that is inside another by its
 * place, which every thread opens for itself; where there is only this thread, by itself. Without an output the pieces
 * are only decoded.
 */
export interface Files {
  readonly input: number | Place | ByteSource;
  readonly output: number | undefined;
}

/** Reads, decodes and writes pieces one after another. @returns their CRC-32s */
export async function decodePieces(pieces: readonly Piece[], files: Files): Promise<readonly number[]> {
  const sums: number[] = [];
  for (const piece of pieces) sums.push(await decodePiece(piece, files));
  return sums;
}

async function decodePiece(piece: Piece, { input, output }: Files): Promise<number> {
  const stored =
    typeof input === 'number'
      ? readWhole(input, piece.offset, piece.length)
      : await ('read' in input ? input : await opened(input)).read(piece.offset, piece.length);
  const data = await decodeChunk(piece, stored);
  if (output !== undefined) {
    if (piece.targets === undefined) writeSparse(output, data, piece.start);
    for (const { from, length, to } of piece.targets ?? []) {
      writeSparse(output, data.subarray(from, from + length), to);
    }
  }
  return crc32(data);
}

let place: { readonly of: Place; readonly source: Promise<ByteSource> } | undefined;

/** The image at a place, opened once; the thread's end closes it. */
async function opened(of: Place): Promise<ByteSource> {
  if (place?.of !== of) {
    place = { of, source: openFile(of.file).then((file) => openNested(file, of.inside)) };
  }
  return place.source;
}

/** Used again for every piece: nothing keeps a chunk's input once it is decoded and written. */
let inputBuffer = Buffer.alloc(0);

function readWhole(descriptor: number, offset: number, length: number): Uint8Array {
  if (inputBuffer.length < length) inputBuffer = Buffer.allocUnsafeSlow(length);
  const data = inputBuffer.subarray(0, length);
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
    const empty = bytes.compare(zeros, 0, to - from, from, to) === 0;
    if (empty && pending >= 0) {
      writeWhole(descriptor, bytes.subarray(pending, from), position + pending);
      pending = -1;
    } else if (!empty && pending < 0) pending = from;
    from = to;
  }
  if (pending >= 0) writeWhole(descriptor, bytes.subarray(pending), position + pending);
}

function writeWhole(descriptor: number, data: Buffer, position: number): void {
  for (let done = 0; done < data.length;) {
    done += writeSync(descriptor, data, done, data.length - done, position + done);
  }
}
