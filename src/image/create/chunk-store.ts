import { availableParallelism } from 'node:os';
import { compressChunk, crc32 } from '../../formats/udif/index.ts';
import { startWorkerPool } from '../../threads/worker-pool.ts';
import type { Compressed, CompressJob } from './compress-worker.ts';
import type { CreateOptions } from './options.ts';

/** Turns chunks into what is stored of them, several at once. */
export interface ChunkStore {
  /** How many chunks may be under way so that no thread waits. */
  readonly ahead: number;
  /** @param data of which it takes possession */
  store(data: Uint8Array<ArrayBuffer>): Promise<Compressed>;
  close(): Promise<void>;
}

const compressWorker = new URL('./compress-worker.ts', import.meta.url);

/** A thread's start costs as much as compressing this many bytes. */
const worthThreads = 8 * 2 ** 20;

export function chunkStore(size: number, { format, level = 1, deflate, threads }: CreateOptions): ChunkStore {
  if (format === 'UDRO') {
    const store = (bytes: Uint8Array<ArrayBuffer>): Promise<Compressed> => {
      const sum = crc32(bytes);
      return Promise.resolve({ kind: 'raw', bytes, crc32: sum, storedCrc32: sum });
    };
    return { ahead: 2, store, close: () => Promise.resolve() };
  }
  const usual = size < worthThreads ? 0 : Math.min(4, Math.max(2, availableParallelism()));
  const count = deflate === undefined ? (threads ?? usual) : 0;
  if (count === 0) {
    const store = (data: Uint8Array<ArrayBuffer>): Promise<Compressed> => {
      const stored = compressChunk(data, level, deflate);
      const bytes = new Uint8Array(stored.bytes);
      return Promise.resolve({ kind: stored.kind, bytes, crc32: crc32(data), storedCrc32: crc32(bytes) });
    };
    return { ahead: 1, store, close: () => Promise.resolve() };
  }
  const pool = startWorkerPool<CompressJob, Compressed>(compressWorker, count, undefined);
  return {
    ahead: 3 * count,
    store: (data) => pool.run({ data, level }, [data.buffer]),
    close: () => pool.close(),
  };
}
