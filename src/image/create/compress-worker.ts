import { compressChunk, crc32, type Stored } from '../../formats/udif/index.ts';
import { serve } from '../../threads/worker-side.ts';

/* The entry point of a worker thread: chunks in, how they are to be stored out. */

export interface CompressJob {
  readonly data: Uint8Array<ArrayBuffer>;
  readonly level: number;
}

export interface Compressed extends Stored {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Of the data, and of the stored bytes. */
  readonly crc32: number;
  readonly storedCrc32: number;
}

serve(
  ({ data, level }: CompressJob): Compressed => {
    const { kind, bytes } = compressChunk(data, level);
    // A copy that is no longer than it has to be: zlib's buffer may be one that threads cannot hand over.
    const stored = kind === 'raw' ? data : new Uint8Array(bytes);
    return { kind, bytes: stored, crc32: crc32(data), storedCrc32: crc32(stored) };
  },
  ({ bytes }) => [bytes.buffer],
);
