import { Failure, FormatError, type ByteSource } from '../../base/index.ts';
import { tailSectors } from '../loader-tail/index.ts';
import type { Patch } from '../source/index.ts';
import { encodeTables, entrySectors } from './encode.ts';
import { gptEntry, gptSectorSize as sectorSize } from './layout.ts';
import { grownMbr } from './protective-mbr.ts';
import { endOf, readTables } from './table.ts';

/** How a map changes when a partition grows. */
export interface Growth {
  /** Of the disk afterwards, in bytes; never less than before. */
  readonly size: number;
  /** In the order in which they are to be written, before the partition's own data. */
  readonly patches: readonly Patch[];
}

/**
 * Grows the partition at `offset` to `size` bytes: into the free space behind it, or else the disk grows with it and
 * the backup table moves to its new end. What loaders want free is behind it afterwards. Damaged tables are made whole from the sound one.
 * @param multipleOf of what the disk's new size is a multiple, in bytes
 * @returns undefined when the disk has no GUID partition table
 * @throws FormatError when no partition is there; Failure 'no-room' when another one is in the way,
 *   'usage' when the size is less than it is or not of whole sectors
 */
export async function growGpt(
  disk: ByteSource,
  offset: number,
  size: number,
  multipleOf = sectorSize,
): Promise<Growth | undefined> {
  const tables = await readTables(disk);
  if (tables === undefined) return undefined;
  const { header, rawHeader, rawEntries, partitions } = tables.best;
  const before = endOf(tables.best);
  if (before * sectorSize > disk.size) {
    throw new FormatError('gpt', `the table describes ${before} sectors, but the disk is smaller`, {
      offset: disk.size,
    });
  }
  const partition = partitions.find((each) => each.offset === offset);
  if (partition === undefined) throw new FormatError('gpt', 'no partition begins here', { offset });
  if (size < partition.size || size % sectorSize !== 0) {
    throw new Failure('usage', `a partition of ${partition.size} bytes cannot grow to ${size} bytes`);
  }
  const end = (offset + size) / sectorSize;
  const inTheWay = partitions.find((each) => each.offset > offset && each.offset < offset + size);
  if (inTheWay !== undefined) {
    throw new Failure('no-room', `the partition "${inTheWay.name}" is in the way at ${inTheWay.offset}`, {
      hint: `The one before it can grow to ${inTheWay.offset - offset} bytes.`,
    });
  }
  const tableSectors = entrySectors(rawEntries);
  const unit = multipleOf / sectorSize;
  const tail = partitions.some((each) => each.offset > offset) ? 0 : tailSectors;
  const sectors = Math.ceil(Math.max(before, end + tail + tableSectors + 1) / unit) * unit;

  for (let index = 0; index < header.entryCount; index++) {
    const at = index * header.entrySize;
    const entry = gptEntry.decode(rawEntries, at);
    if (entry.type.every((byte) => byte === 0) || Number(entry.firstSector) * sectorSize !== offset) continue;
    rawEntries.set(gptEntry.encode({ ...entry, lastSector: BigInt(end - 1) }), at);
  }
  // What was the backup becomes a part of the partition, or of nothing.
  const old = {
    offset: (before - 1 - tableSectors) * sectorSize,
    bytes: new Uint8Array((tableSectors + 1) * sectorSize),
  };
  const lastUsed = Math.max(...partitions.map((each) => each.offset + each.size));
  return {
    size: sectors * sectorSize,
    patches: [
      ...(sectors > before && old.offset >= lastUsed ? [old] : []),
      { offset: 0, bytes: grownMbr(await disk.read(0, sectorSize), sectors) },
      ...encodeTables(header, rawHeader, rawEntries, sectors),
    ],
  };
}
