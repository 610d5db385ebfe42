import { Failure, FormatError } from '../base/index.ts';
import { decodePiece, type Files } from './decode-piece.ts';
import { systemReason } from './file-source.ts';
import type { Piece } from './pieces.ts';

/** What a worker is sent: pieces to decode one after another. */
export interface Batch {
  /** The index of its first piece. */
  readonly first: number;
  readonly pieces: readonly Piece[];
}

/** What it answers: all their CRC-32s, or those before the first that failed. */
export interface BatchResult {
  readonly first: number;
  readonly sums: readonly number[];
  readonly fault?: Fault;
}

/** An error's parts: classes do not survive the way between threads. */
export type Fault =
  | {
      readonly kind: 'format';
      readonly format: string;
      readonly message: string;
      readonly offset: number | undefined;
    }
  | { readonly kind: 'system'; readonly code: string; readonly reason: string }
  | { readonly kind: 'bug'; readonly stack: string };

export async function decodeBatch(batch: Batch, files: Files): Promise<BatchResult> {
  const sums: number[] = [];
  try {
    for (const piece of batch.pieces) sums.push(await decodePiece(piece, files));
    return { first: batch.first, sums };
  } catch (error) {
    return { first: batch.first, sums, fault: faultOf(error) };
  }
}

function faultOf(error: unknown): Fault {
  if (error instanceof FormatError) {
    // FormatError puts its format and offset around the message: they are put there again on the other side.
    const message = error.message.slice(error.format.length + 2).replace(/ \(at byte \d+\)$/, '');
    return { kind: 'format', format: error.format, message, offset: error.offset };
  }
  if (error instanceof Error && 'code' in error && 'syscall' in error) {
    return { kind: 'system', code: String(error.code), reason: systemReason(error) };
  }
  return { kind: 'bug', stack: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

/** The error a fault stands for. */
export function errorOf(fault: Fault): Error {
  switch (fault.kind) {
    case 'format':
      return new FormatError(
        fault.format,
        fault.message,
        fault.offset === undefined ? {} : { offset: fault.offset },
      );
    case 'system':
      return new Failure('image-io', `the image cannot be converted: ${fault.reason}`, {
        ...(fault.code === 'ENOSPC' ? { hint: 'Free some space, or write to another disk.' } : {}),
      });
    case 'bug':
      return new Error(fault.stack);
  }
}
