import type { ByteSource } from '../../base/index.ts';
import { joinCrc32, sectorSize, zerosCrc32, type NewRun, type NewTable } from '../../formats/udif/index.ts';
import type { ChunkStore } from './chunk-store.ts';
import type { Compressed } from './compress-worker.ts';
import type { CreateOptions } from './options.ts';
import type { Region } from './regions.ts';

/** Runs that may have any size. */
const joinable: ReadonlySet<NewRun['kind']> = new Set(['raw', 'zero', 'ignore']);

/** A chunk on its way: zeros, or bytes whose stored form is being made. */
interface OnItsWay {
  readonly region: number;
  readonly size: number;
  readonly stored: Promise<Compressed> | undefined;
}

/**
 * Reads a disk region by region, and writes what is stored of it in the disk's order.
 * @param append to the data fork
 * @returns the tables, and the CRC-32 of the data fork
 */
export async function writeTables(
  disk: ByteSource,
  regions: readonly Region[],
  store: ChunkStore,
  append: (bytes: Uint8Array) => Promise<void>,
  { onProgress, signal, chunkSize = 2 ** 20 }: CreateOptions,
): Promise<{ readonly tables: readonly NewTable[]; readonly crc32: number }> {
  const zeros = Buffer.alloc(chunkSize);
  const drafts = regions.map(() => ({ runs: [] as NewRun[], sectors: 0, crc32: 0 }));
  let [length, dataFork, done] = [0, 0, 0];

  const finish = async ({ region, size, stored }: OnItsWay): Promise<void> => {
    const draft = drafts[region];
    if (draft === undefined) return;
    const sectorCount = size / sectorSize;
    const bytes = await stored;
    const free = regions[region]?.free === true;
    const kind: NewRun['kind'] = bytes?.kind ?? (free ? 'ignore' : 'zero');
    const run = {
      kind,
      sector: draft.sectors,
      sectorCount,
      offset: length,
      length: bytes?.bytes.length ?? 0,
    };
    const last = draft.runs.at(-1);
    if (last?.kind === kind && joinable.has(kind)) {
      draft.runs[draft.runs.length - 1] = {
        ...last,
        sectorCount: last.sectorCount + sectorCount,
        length: last.length + run.length,
      };
    } else draft.runs.push(run);
    draft.sectors += sectorCount;
    if (kind !== 'ignore') draft.crc32 = joinCrc32(draft.crc32, bytes?.crc32 ?? zerosCrc32(size), size);
    if (bytes !== undefined) {
      await append(bytes.bytes);
      dataFork = joinCrc32(dataFork, bytes.storedCrc32, bytes.bytes.length);
      length += bytes.bytes.length;
    }
    onProgress?.((done += size), disk.size);
  };

  const under: OnItsWay[] = [];
  for (const [region, { start, size }] of regions.entries()) {
    for (let at = 0; at < size; at += chunkSize) {
      signal?.throwIfAborted();
      const count = Math.min(chunkSize, size - at);
      const data = await disk.read(start + at, count);
      const zero = Buffer.compare(data, zeros.subarray(0, count)) === 0;
      // A copy: the source may keep its bytes, and a thread takes possession of these.
      const stored = zero ? undefined : store.store(new Uint8Array(data));
      // Awaited in order; one that fails meanwhile is told of then.
      stored?.catch(() => undefined);
      under.push({ region, size: count, stored });
      if (under.length > store.ahead) await finish(under.shift() as OnItsWay);
    }
  }
  for (const each of under) await finish(each);

  const tables = regions.map(({ name, start, size }, index) => ({
    name,
    firstSector: start / sectorSize,
    sectorCount: size / sectorSize,
    runs: drafts[index]?.runs ?? [],
    crc32: drafts[index]?.crc32 ?? 0,
  }));
  return { tables, crc32: dataFork };
}
