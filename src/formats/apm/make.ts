import { tailBytes } from '../loader-tail/index.ts';
import type { Patch } from '../source/index.ts';
import { apmEntry, driverMap, driverSignature, entrySignature, freeType } from './layout.ts';

export interface NewApm {
  /** In their order on the disk. */
  readonly partitions: readonly {
    /** "Apple_HFS" … */
    readonly type: string;
    readonly name: string;
    /** In bytes, whole blocks. */
    readonly size: number;
  }[];
  /** With an Apple_Driver_ATAPI partition, empty, before them, as Apple's installers for discs have it. */
  readonly driver?: boolean;
  /** In bytes: 512, or 2048 as on discs. */
  readonly blockSize?: 512 | 2048;
}

/** The map has room for this many bytes of entries: 63 blocks of 512. */
const mapBytes = 63 * 512;
const driverBytes = 4096;
const alignment = 4096;

const status = { map: 0x00000003, driver: 0x00000303, data: 0x40000033, free: 0 } as const;

/** Lays a new Apple partition map out: descriptor, map, driver, the partitions at multiples of 4096 bytes, free space for loaders. */
export function makeApm({ partitions, driver = false, blockSize = 512 }: NewApm): {
  /** Of the whole disk, in bytes. */
  readonly size: number;
  /** Where each partition lies, in the order given. */
  readonly partitions: readonly { readonly offset: number; readonly size: number }[];
  /** What has to be written outside of the partitions. */
  readonly patches: readonly Patch[];
} {
  const blocks = (bytes: number): number => Math.ceil(bytes / blockSize);
  const entries: { name: string; type: string; first: number; count: number; status: number }[] = [];
  let next = 1;
  const place = (type: string, name: string, count: number, bits: number): number => {
    entries.push({ type, name, first: next, count, status: bits });
    next += count;
    return entries.at(-1)?.first ?? 0;
  };
  const align = (): void => {
    const count = -next & (alignment / blockSize - 1);
    if (count > 0) place(freeType, '', count, status.free);
  };
  place('Apple_partition_map', 'Apple', blocks(mapBytes), status.map);
  if (driver) {
    align();
    place('Apple_Driver_ATAPI', 'Macintosh', driverBytes / blockSize, status.driver);
  }
  const places = partitions.map(({ type, name, size }) => {
    if (size <= 0 || size % blockSize !== 0) {
      throw new RangeError(`a partition of ${size} bytes is not of whole blocks of ${blockSize}`);
    }
    align();
    return { offset: place(type, name, size / blockSize, status.data) * blockSize, size };
  });
  place(freeType, '', blocks(tailBytes), status.free);
  if (entries.length > blocks(mapBytes)) throw new RangeError(`${partitions.length} partitions in one map`);
  if (next > 0xffffffff) throw new RangeError(`a disk of ${next} blocks is too large for the map`);

  const head = new Uint8Array((1 + blocks(mapBytes)) * blockSize);
  head.set(driverMap.encode({ signature: driverSignature, blockSize, blockCount: next }));
  entries.forEach(({ type, name, first, count, status: flags }, index) => {
    const entry = apmEntry.encode({
      signature: entrySignature,
      padding: 0,
      mapEntries: entries.length,
      firstBlock: first,
      blockCount: count,
      name,
      type,
      dataFirstBlock: 0,
      dataBlockCount: count,
      status: flags,
    });
    head.set(entry, (1 + index) * blockSize);
  });
  return { size: next * blockSize, partitions: places, patches: [{ offset: 0, bytes: head }] };
}
