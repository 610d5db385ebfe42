import { FormatError, type ByteSource } from '../../base/index.ts';
import {
  extendedTypes,
  mbrEntry,
  mbrSector,
  mbrSectorSize,
  mbrSignature,
  mbrTableOffset,
  protectiveType,
} from './layout.ts';

export interface MbrPartition {
  /** 0xaf is Apple's HFS and HFS+. */
  readonly type: number;
  /** In bytes. */
  readonly offset: number;
  readonly size: number;
  /** Where its entry lies on the disk, in bytes. */
  readonly at: number;
  /** In an extended partition. */
  readonly logical: boolean;
}

export interface Mbr {
  readonly partitions: readonly MbrPartition[];
  /** Where extended partitions begin, which hold the logical ones, in bytes. */
  readonly extended: readonly number[];
  /** Where the last partition ends, in bytes: an MBR does not say where the disk does. */
  readonly size: number;
}

/** As many as Linux numbers. */
const mostLogical = 60;

/**
 * Reads a master boot record. A volume's own boot sector ends with the same two bytes: it is told apart by the names
 * that FAT and NTFS have in it, and by a table that cannot be one.
 * @returns undefined when the disk does not begin with one, or with a protective one
 * @throws FormatError when partitions overlap, or the chain of an extended partition is damaged
 */
export async function readMbr(disk: ByteSource): Promise<Mbr | undefined> {
  if (disk.size < 2 * mbrSectorSize) return undefined;
  const raw = await disk.read(0, mbrSectorSize);
  const { entries, signature } = mbrSector.decode(raw);
  if (signature !== mbrSignature || isBootSector(raw)) return undefined;
  const used = entries.filter(({ type }) => type !== 0);
  if (used.length === 0 || used.some(({ type }) => type === protectiveType)) return undefined;
  const plausible = entries.every(
    ({ status, type, firstSector, sectorCount }) =>
      (status === 0 || status === 0x80) &&
      (type === 0 ? firstSector === 0 || sectorCount === 0 : firstSector > 0 && sectorCount > 0),
  );
  if (!plausible) return undefined;

  const partitions: MbrPartition[] = [];
  for (const [index, entry] of entries.entries()) {
    if (entry.type === 0) continue;
    if (extendedTypes.has(entry.type)) partitions.push(...(await readExtended(disk, entry)));
    else partitions.push(partition(entry, 0, mbrTableOffset + index * mbrEntry.size, false));
  }
  let end = 0;
  for (const each of partitions.toSorted((a, b) => a.offset - b.offset)) {
    if (each.offset < end) throw new FormatError('mbr', 'two partitions overlap', { offset: each.at });
    end = each.offset + each.size;
  }
  const sectors = entries.map(({ type, firstSector, sectorCount }) =>
    type === 0 ? 0 : firstSector + sectorCount,
  );
  const extended = entries
    .filter(({ type }) => extendedTypes.has(type))
    .map(({ firstSector }) => firstSector * mbrSectorSize);
  return { partitions, extended, size: Math.max(end, ...sectors.map((sector) => sector * mbrSectorSize)) };
}

interface Entry {
  readonly type: number;
  readonly firstSector: number;
  readonly sectorCount: number;
}

function partition(entry: Entry, base: number, at: number, logical: boolean): MbrPartition {
  return {
    type: entry.type,
    offset: (base + entry.firstSector) * mbrSectorSize,
    size: entry.sectorCount * mbrSectorSize,
    at,
    logical,
  };
}

/** A chain of sectors with a partition each and the place of the next, which counts from the first of them. */
async function readExtended(disk: ByteSource, extended: Entry): Promise<MbrPartition[]> {
  const found: MbrPartition[] = [];
  const seen = new Set<number>();
  for (let sector = extended.firstSector; ;) {
    const at = sector * mbrSectorSize;
    if (seen.has(sector) || seen.size >= mostLogical)
      throw new FormatError('mbr', 'the chain of its extended partition has no end', { offset: at });
    seen.add(sector);
    if (at + mbrSectorSize > disk.size)
      throw new FormatError('mbr', 'its extended partition goes on after the end of the disk', {
        offset: at,
      });
    const { entries, signature } = mbrSector.decode(await disk.read(at, mbrSectorSize), 0, at);
    if (signature !== mbrSignature)
      throw new FormatError('mbr', 'a part of its extended partition has no table', { offset: at });
    const [own, next] = entries;
    if (own !== undefined && own.type !== 0 && own.sectorCount > 0)
      found.push(partition(own, sector, at + mbrTableOffset, true));
    if (next === undefined || !extendedTypes.has(next.type) || next.firstSector === 0) return found;
    sector = extended.firstSector + next.firstSector;
  }
}

function isBootSector(raw: Uint8Array): boolean {
  const text = Buffer.from(raw.buffer, raw.byteOffset, raw.length).toString('latin1');
  return (
    text.startsWith('NTFS', 3) ||
    text.startsWith('EXFAT', 3) ||
    text.startsWith('FAT', 54) ||
    text.startsWith('FAT32', 82)
  );
}
