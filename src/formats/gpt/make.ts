import { tailSectors } from '../loader-tail/index.ts';
import type { Patch } from '../source/index.ts';
import { encodeTables, entrySectors } from './encode.ts';
import { guidBytes } from './guid.ts';
import { gptEntry, gptHeader, gptSectorSize as sectorSize, gptSignature } from './layout.ts';
import { protectiveMbr } from './protective-mbr.ts';

/** The types that Apple's disks have. */
export const gptTypes = {
  efi: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
  hfs: '48465300-0000-11aa-aa11-00306543ecac',
} as const;

export interface NewGpt {
  /** The disk's GUID. The caller gives all GUIDs, so that the same call gives the same bytes. */
  readonly disk: string;
  /** In their order on the disk. */
  readonly partitions: readonly {
    readonly type: string;
    readonly id: string;
    /** At most 36 UTF-16 units. */
    readonly name: string;
    /** In bytes, whole sectors. */
    readonly size: number;
  }[];
  /** In bytes: the disk is that large at least. */
  readonly size?: number;
}

export interface NewMap {
  /** Of the whole disk, in bytes. */
  readonly size: number;
  /** Where each partition lies, in the order given. */
  readonly partitions: readonly { readonly offset: number; readonly size: number }[];
  /** What has to be written outside of the partitions. */
  readonly patches: readonly Patch[];
}

const entryCount = 128;
/** Where hdiutil begins; also a page. Every partition begins at a multiple of `alignment`. */
const firstPartition = 40;
const alignment = 8;

/**
 * Lays a new GUID partition table out as hdiutil does, without gaps but for 4096-byte alignment; behind the last
 * partition lies what loaders want free, and then the backup.
 */
export function makeGpt({ disk, partitions, size = 0 }: NewGpt): NewMap {
  const rawEntries = new Uint8Array(entryCount * gptEntry.size);
  if (partitions.length > entryCount)
    throw new RangeError(`${partitions.length} partitions in ${entryCount}`);
  let next = firstPartition;
  const places = partitions.map((partition, index) => {
    if (partition.size <= 0 || partition.size % sectorSize !== 0) {
      throw new RangeError(`a partition of ${partition.size} bytes is not of whole sectors`);
    }
    const first = Math.ceil(next / alignment) * alignment;
    next = first + partition.size / sectorSize;
    const name = new Uint8Array(72);
    const text = Buffer.from(partition.name, 'utf16le');
    if (text.length > name.length)
      throw new RangeError(`"${partition.name}" is too long for a partition's name`);
    name.set(text);
    rawEntries.set(
      gptEntry.encode({
        type: guidBytes(partition.type),
        id: guidBytes(partition.id),
        firstSector: BigInt(first),
        lastSector: BigInt(next - 1),
        attributes: 0n,
        name,
      }),
      index * gptEntry.size,
    );
    return { offset: first * sectorSize, size: partition.size };
  });
  const sectors = Math.max(next + tailSectors + entrySectors(rawEntries) + 1, Math.ceil(size / sectorSize));
  const header = {
    signature: gptSignature,
    revision: 0x00010000,
    headerSize: gptHeader.size,
    headerCrc32: 0,
    reserved: 0,
    sector: 1n,
    otherSector: 0n,
    firstUsable: BigInt(2 + entrySectors(rawEntries)),
    lastUsable: 0n,
    disk: guidBytes(disk),
    entriesSector: 2n,
    entryCount,
    entrySize: gptEntry.size,
    entriesCrc32: 0,
  };
  return {
    size: sectors * sectorSize,
    partitions: places,
    patches: [
      { offset: 0, bytes: protectiveMbr(sectors) },
      ...encodeTables(header, new Uint8Array(sectorSize), rawEntries, sectors),
    ],
  };
}
