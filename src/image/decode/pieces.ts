import type { BlockTable, Chunk } from '../../formats/udif/index.ts';

/** What one worker does at a time: a chunk that has data, or a part of a raw one. */
export interface Piece extends Chunk {
  /** Which of its decoded bytes go where in the output; undefined: all, to where they are in the image. */
  readonly targets?: readonly Target[];
}

/** In bytes; `from` is within the piece. */
export interface Target {
  readonly from: number;
  readonly length: number;
  readonly to: number;
}

/** The pieces of an image: a table's one after another, ascending in the image. */
export interface Work {
  readonly pieces: readonly Piece[];
  readonly tables: readonly TableWork[];
}

/** A table and which of the pieces are its own. */
export interface TableWork {
  readonly table: BlockTable;
  readonly firstPiece: number;
}

const rawPiece = 2 ** 20;

/** Cuts an image into pieces. */
export function planWork(image: readonly BlockTable[]): Work {
  const pieces: Piece[] = [];
  const tables: TableWork[] = [];
  for (const table of image) {
    tables.push({ table, firstPiece: pieces.length });
    for (const chunk of table.chunks) for (const piece of cut(chunk)) pieces.push(piece);
  }
  return { pieces, tables };
}

/** The pieces of a chunk; none of one without data. */
export function* cut(chunk: Chunk): Generator<Piece> {
  if (chunk.kind === 'zero' || chunk.kind === 'ignore') return;
  if (chunk.kind !== 'raw') {
    yield chunk;
    return;
  }
  for (let done = 0; done < chunk.size; done += rawPiece) {
    const size = Math.min(rawPiece, chunk.size - done);
    yield { kind: 'raw', start: chunk.start + done, size, offset: chunk.offset + done, length: size };
  }
}
