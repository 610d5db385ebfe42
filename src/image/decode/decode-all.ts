import { availableParallelism } from 'node:os';
import type { ChunkKind } from '../../formats/udif/index.ts';
import type { ByteSource } from '../../base/index.ts';
import type { ImagePath } from '../open/place.ts';
import { decodePieces, newMemory, type Files } from './decode-piece.ts';
import type { Piece } from './pieces.ts';
import { startWorkerPool } from '../../threads/worker-pool.ts';

export interface DecodeOptions {
  /** Called after every batch with the number of decoded bytes since the last call. */
  readonly onDecoded?: (bytes: number) => void;
  readonly signal?: AbortSignal | undefined;
  /** How many threads decode, this one among them. By default this one for a small image, else as many as cores, 2 to 4: each other takes some 40 MB. */
  readonly threads?: number | undefined;
}

/** What is decoded, and where it goes. */
export interface Decoded {
  /** Where threads find the image's bytes: a descriptor that they share, or a place that each of the others opens for itself. */
  readonly input: number | ImagePath;
  /** The same bytes as this thread has them open, which reads them where there is no descriptor. */
  readonly source: ByteSource;
  /** A descriptor. Without it the pieces are only decoded. */
  readonly output: number | undefined;
}

const decodeWorker = new URL('./decode-worker.ts', import.meta.url);

/** A thread's start costs as much as decoding this many bytes of input. */
const worthThreads = 2 * 2 ** 20;
/** A batch takes some ten milliseconds, so that no thread is busy for long when the others have nothing more to do. */
const batchWork = 4 * 2 ** 20;
const batchPieces = 64;
/** How long a byte takes to decode, as a multiple of a zlib chunk's. */
const costs: Readonly<Partial<Record<ChunkKind, number>>> = { bzip2: 24, lzma: 8, lzfse: 2, adc: 2 };
/** One to work on and one to follow without waiting. */
const batchesAhead = 2;

/**
 * Decodes all pieces and, when there is an output, writes them there.
 * @returns their CRC-32s by index
 * @throws the error of the first piece, in their order, that fails: the same one whatever the threads' speed
 */
export async function decodeAll(
  pieces: readonly Piece[],
  { input, source, output }: Decoded,
  options: DecodeOptions,
): Promise<Uint32Array> {
  const { onDecoded, signal } = options;
  signal?.throwIfAborted();
  const sums = new Uint32Array(pieces.length);
  const work = batches(pieces);
  const failures: { readonly first: number; readonly error: unknown }[] = [];
  const lane = async (decode: (batch: readonly Piece[]) => Promise<readonly number[]>): Promise<void> => {
    // After a failure nothing new is begun, but what was begun before may hold an earlier one.
    for (let next = work.next(); next.done !== true && failures.length === 0; next = work.next()) {
      const { first, batch } = next.value;
      try {
        sums.set(await decode(batch), first);
        onDecoded?.(batch.reduce((total, piece) => total + piece.size, 0));
      } catch (error) {
        failures.push({ first, error });
      }
      signal?.throwIfAborted();
    }
  };

  const threads = options.threads ?? defaultThreads(pieces);
  const others = Math.max(0, threads - 1);
  const files: Files = { input, output, ...(others > 0 && { turn: new SharedArrayBuffer(4) }) };
  const own: Files = typeof input === 'number' ? files : { ...files, input: source };
  const memory = newMemory();
  const here = lane.bind(undefined, async (batch: readonly Piece[]) => {
    // Lets an abort be seen, and other threads be given work: decoding is synchronous for most kinds.
    await new Promise(setImmediate);
    signal?.throwIfAborted();
    return decodePieces(batch, own, memory);
  });
  if (others === 0) await here();
  else {
    const pool = startWorkerPool<readonly Piece[], readonly number[]>(decodeWorker, others, files);
    const abort = abortOf(signal);
    const lanes = Array.from({ length: others * batchesAhead }, () => lane((batch) => pool.run(batch)));
    // One thread less to start.
    const mine = here();
    try {
      await Promise.race([Promise.all([...lanes, mine]), abort.promise]);
    } finally {
      abort.ignore();
      // Waits until nobody works any more: the files they share are closed next.
      await Promise.all([pool.close(), mine.catch(() => undefined)]);
    }
  }
  const [failure] = failures.sort((a, b) => a.first - b.first);
  if (failure !== undefined) throw failure.error;
  return sums;
}

/** A promise that fails when the signal is aborted, until it is ignored. */
function abortOf(signal: AbortSignal | undefined): {
  readonly promise: Promise<never>;
  readonly ignore: () => void;
} {
  let listener = (): void => undefined;
  const promise = new Promise<never>((_, reject) => {
    listener = () => reject(signal?.reason as Error);
    signal?.addEventListener('abort', listener, { once: true });
  });
  return { promise, ignore: () => signal?.removeEventListener('abort', listener) };
}

/** How many threads are worth their start. */
export function defaultThreads(pieces: readonly Piece[]): number {
  const input = pieces.reduce((total, piece) => total + piece.length, 0);
  return input < worthThreads ? 0 : Math.min(4, Math.max(2, availableParallelism()));
}

function* batches(pieces: readonly Piece[]): Generator<{ first: number; batch: readonly Piece[] }> {
  for (let first = 0; first < pieces.length;) {
    let end = first;
    for (let work = 0; end < pieces.length && end - first < batchPieces && work < batchWork; end++) {
      const { kind, size } = pieces[end] as Piece;
      work += size * (costs[kind] ?? 1);
    }
    yield { first, batch: pieces.slice(first, end) };
    first = end;
  }
}
