import { gptSectorSize as sectorSize } from './layout.ts';

/* The first sector of a disk with a GPT, for programs that know only MBRs (UEFI, "Protective MBR"). */

const firstEntry = 446;
const entrySize = 16;
const entryCount = 4;
const protective = 0xee;

/** One partition over the whole disk, or as much of it as 32 bits can say. */
export function protectiveMbr(sectors: number): Uint8Array {
  const mbr = new Uint8Array(sectorSize);
  // Cylinder, head and sector are "beyond", as hdiutil writes them.
  mbr.set([0, 0xfe, 0xff, 0xff, protective, 0xfe, 0xff, 0xff], firstEntry);
  mbr.set([0x55, 0xaa], sectorSize - 2);
  const view = new DataView(mbr.buffer);
  view.setUint32(firstEntry + 8, 1, true);
  view.setUint32(firstEntry + 12, Math.min(sectors - 1, 0xffffffff), true);
  return mbr;
}

/** The MBR for a disk that has grown. A hybrid one, which names partitions beside the protective one, stays as it is. */
export function grownMbr(mbr: Uint8Array, sectors: number): Uint8Array {
  const types = Array.from({ length: entryCount }, (_, index) => mbr[firstEntry + index * entrySize + 4]);
  const used = types.filter((type) => type !== 0);
  if (mbr[510] !== 0x55 || mbr[511] !== 0xaa || used.length !== 1 || used[0] !== protective) return mbr;
  const grown = new Uint8Array(mbr);
  const at = firstEntry + types.indexOf(protective) * entrySize + 12;
  new DataView(grown.buffer).setUint32(at, Math.min(sectors - 1, 0xffffffff), true);
  return grown;
}
