import { availableParallelism } from 'node:os';
import type { Worker } from 'node:worker_threads';
import { decodeBatch, errorOf, type Batch, type BatchResult } from './batch.ts';
import type { Files } from './decode-piece.ts';
import type { Piece } from './pieces.ts';
import { startWorker } from './worker-start.ts';

export interface DecodeOptions {
  /** Called after every batch with the number of decoded bytes since the last call. */
  readonly onDecoded?: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
  /** How many worker threads; 0 decodes in this one. By default none for a small image, else as many as cores, 2 to 4: each takes some 40 MB. */
  readonly threads?: number | undefined;
}

/** A thread's start costs as much as decoding this many bytes of input. */
const worthThreads = 2 * 2 ** 20;
const batchBytes = 4 * 2 ** 20;
const batchPieces = 64;
/** One to work on and one to follow without waiting. */
const batchesAhead = 2;

/**
 * Decodes all pieces and, when `files` has an output, writes them there.
 * @returns their CRC-32s by index
 * @throws the error of the first piece, in their order, that fails: the same one whatever the threads' speed
 */
export async function decodeAll(
  pieces: readonly Piece[],
  files: Files,
  options: DecodeOptions,
): Promise<Uint32Array> {
  const { onDecoded, signal } = options;
  const sums = new Uint32Array(pieces.length);
  const accept = (result: BatchResult, batch: Batch): void => {
    sums.set(result.sums, batch.first);
    onDecoded?.(batch.pieces.reduce((total, piece) => total + piece.size, 0));
  };
  const threads = options.threads ?? defaultThreads(pieces);
  signal?.throwIfAborted();
  if (threads > 0) {
    await decodeByWorkers(batches(pieces), files, threads, signal, accept);
    return sums;
  }
  for (const batch of batches(pieces)) {
    const result = await decodeBatch(batch, files);
    if (result.fault !== undefined) throw errorOf(result.fault);
    accept(result, batch);
    // Lets an abort be seen: decoding is synchronous for most kinds.
    await new Promise(setImmediate);
    signal?.throwIfAborted();
  }
  return sums;
}

function defaultThreads(pieces: readonly Piece[]): number {
  const input = pieces.reduce((total, piece) => total + piece.length, 0);
  return input < worthThreads ? 0 : Math.min(4, Math.max(2, availableParallelism()));
}

function* batches(pieces: readonly Piece[]): Generator<Batch> {
  for (let first = 0; first < pieces.length;) {
    let end = first;
    for (let bytes = 0; end < pieces.length && end - first < batchPieces && bytes < batchBytes; end++) {
      bytes += pieces[end]?.size ?? 0;
    }
    yield { first, pieces: pieces.slice(first, end) };
    first = end;
  }
}

async function decodeByWorkers(
  work: Generator<Batch>,
  files: Files,
  threads: number,
  signal: AbortSignal | undefined,
  accept: (result: BatchResult, batch: Batch) => void,
): Promise<void> {
  const workers = Array.from({ length: threads }, () => startWorker('decode-worker', files));
  try {
    await new Promise<void>((resolve, reject) => {
      const inFlight = new Map<number, Batch>();
      let failed: BatchResult | undefined;
      const settle = (): void => {
        if (inFlight.size > 0) return;
        if (failed?.fault === undefined) resolve();
        else reject(errorOf(failed.fault));
      };
      const feed = (worker: Worker): void => {
        // After a failure nothing new is begun, but what was begun before may hold an earlier one.
        const next = failed === undefined ? work.next() : undefined;
        if (next === undefined || next.done === true) return;
        inFlight.set(next.value.first, next.value);
        worker.postMessage(next.value);
      };
      for (const worker of workers) {
        worker.on('message', (result: BatchResult) => {
          const batch = inFlight.get(result.first);
          inFlight.delete(result.first);
          if (result.fault !== undefined) {
            if (failed === undefined || result.first < failed.first) failed = result;
          } else if (batch !== undefined) accept(result, batch);
          feed(worker);
          settle();
        });
        worker.on('error', reject);
        worker.on('exit', (code) => reject(new Error(`a decoding thread ended with code ${code}`)));
      }
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      for (let ahead = 0; ahead < batchesAhead; ahead++) workers.forEach(feed);
      settle();
    });
  } finally {
    // Waits until they are gone: the files they share are closed next.
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}
