import { array, bytes, struct, u16le, u32le, u8 } from '../struct/index.ts';

/** A partition of a master boot record, 16 bytes (UEFI, "Legacy MBR Partition Record"). Little-endian. */
export const mbrEntry = struct('mbr.entry', {
  status: u8, // 0x80: started from; else 0
  firstChs: bytes(3),
  type: u8, // 0: no partition
  lastChs: bytes(3),
  firstSector: u32le,
  sectorCount: u32le,
});

/** The first sector of a disk, or of each part of an extended partition. */
export const mbrSector = struct('mbr.sector', {
  code: bytes(446),
  entries: array(mbrEntry, 4),
  signature: u16le, // 0xaa55
});

export const mbrSignature = 0xaa55;
export const mbrSectorSize = 512;
/** Where its table begins in a sector, and how long an entry of it is. */
export const mbrTableOffset = 446;

/** Types of what is not a partition but a list of more of them. */
export const extendedTypes: ReadonlySet<number> = new Set([0x05, 0x0f, 0x85]);
/** The whole disk as it is shown to programs that do not know a GPT. */
export const protectiveType = 0xee;
