import { serve } from '../../src/threads/worker-side.ts';
import { inflateChunks, type ZlibChunk } from './inflate-speed.ts';

/* The entry point of a worker thread: an image and its chunks in, how long they took out. */

serve(({ path, chunks }: { readonly path: string; readonly chunks: readonly ZlibChunk[] }) =>
  inflateChunks(path, chunks),
);
