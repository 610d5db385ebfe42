import { parentPort, workerData } from 'node:worker_threads';
import { decodeBatch, type Batch } from './batch.ts';
import type { Files } from './decode-piece.ts';

/* The entry point of a worker thread: batches in, their results out, in order. */

const files = workerData as Files;
let last = Promise.resolve();

parentPort?.on('message', (batch: Batch) => {
  // A batch waits for the one before: one piece in memory at a time.
  last = last.then(async () => parentPort?.postMessage(await decodeBatch(batch, files)));
});
