import type { ByteSource } from '../../base/index.ts';
import type { BlockTable } from '../../formats/udif/index.ts';
import { checkTables } from './checksums.ts';
import { decodeAll, defaultThreads, type Decoded, type DecodeOptions } from './decode-all.ts';
import { openOuter } from '../open/outer/open-outer.ts';
import type { ImagePath } from '../open/place.ts';
import { planWork, type Piece, type Target, type Work } from './pieces.ts';

/** A range of an image and where it goes in the output. In bytes. */
export interface Move {
  readonly from: number;
  readonly length: number;
  readonly to: number;
}

/** An image that is decoded as a whole, and what of it is wanted. */
export interface Scatter {
  /** Where the image's own bytes are, and they themselves. */
  readonly place: ImagePath;
  readonly source: ByteSource;
  /** Where its disk's bytes come from, as openDisk says. */
  readonly tables: readonly BlockTable[];
  /** Undefined: all of it, to where it is. Ranges of an image do not overlap. */
  readonly moves: readonly Move[] | undefined;
}

/** How many bytes will be decoded: what progress counts. */
export function scatterBytes(scatter: Scatter): number {
  return sizeOf(planWork(scatter.tables));
}

/**
 * Decodes an image once from its beginning to its end, all of its checksums verified, and writes the wanted ranges to
 * a file that is empty there: zeros are not written.
 * @param output a descriptor
 * @throws FormatError when the image is damaged, also where nothing was wanted; Failure when the file cannot be written
 */
export async function scatter(what: Scatter, output: number, options: DecodeOptions): Promise<void> {
  const work = planWork(what.tables);
  const { pieces } = what.moves === undefined ? work : { pieces: aimed(work.pieces, what.moves) };
  const threads = options.threads ?? defaultThreads(pieces);
  const decode = (input: Decoded['input']): Promise<Uint32Array> =>
    decodeAll(pieces, { input, source: what.source, output }, { ...options, threads });
  if (threads === 0 || what.place.inside.length > 0) checkTables(work, await decode(what.place));
  else {
    const { handle, close } = await openOuter(what.place);
    // What is not a file by itself is opened by every thread.
    checkTables(work, await decode(handle?.fd ?? what.place).finally(close));
  }
}

function sizeOf({ pieces }: Work): number {
  return pieces.reduce((sum, piece) => sum + piece.size, 0);
}

/** The pieces, each with the parts of it that go somewhere. */
function aimed(pieces: readonly Piece[], moves: readonly Move[]): Piece[] {
  const sorted = moves.toSorted((a, b) => a.from - b.from);
  return pieces.map((piece) => {
    const targets: Target[] = [];
    const end = piece.start + piece.size;
    for (let index = firstAfter(sorted, piece.start); index < sorted.length; index++) {
      const { from, length, to } = sorted[index] as Move;
      if (from >= end) break;
      const start = Math.max(from, piece.start);
      const count = Math.min(from + length, end) - start;
      targets.push({ from: start - piece.start, length: count, to: to + start - from });
    }
    return { ...piece, targets };
  });
}

/** The index of the first move that ends after `offset`. */
function firstAfter(moves: readonly Move[], offset: number): number {
  let low = 0;
  let high = moves.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const { from, length } = moves[middle] as Move;
    if (from + length > offset) high = middle;
    else low = middle + 1;
  }
  return low;
}
