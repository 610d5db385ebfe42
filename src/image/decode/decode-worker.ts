import { workerData } from 'node:worker_threads';
import { decodePieces, newMemory, type Files } from './decode-piece.ts';
import type { Piece } from './pieces.ts';
import { serve } from '../../threads/worker-side.ts';

/* The entry point of a worker thread: pieces in, their CRC-32s out. */

const files = workerData as Files;
const memory = newMemory();
serve((pieces: readonly Piece[]) => decodePieces(pieces, files, memory));
