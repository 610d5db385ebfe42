import { Failure, FormatError, type ByteSource } from '../../base/index.ts';
import type { Patch } from '../source/index.ts';
import { mbrEntry, mbrSectorSize } from './layout.ts';
import { readMbr } from './read.ts';

/**
 * Grows the partition at `offset` to `size` bytes, and the disk with it where it has to.
 * @param multipleOf of what the disk's new size is a multiple, in bytes
 * @returns the disk's new size in bytes and what has to be written; undefined when the disk has no MBR
 * @throws FormatError when no partition is there; Failure 'no-room' when another one is in the way or the table cannot
 *   count so many sectors, 'usage' when the size is less than it is or not of whole sectors
 */
export async function growMbr(
  disk: ByteSource,
  offset: number,
  size: number,
  multipleOf = mbrSectorSize,
): Promise<{ readonly size: number; readonly patches: readonly Patch[] } | undefined> {
  const map = await readMbr(disk);
  if (map === undefined) return undefined;
  const grown = map.partitions.find((each) => each.offset === offset);
  if (grown === undefined) throw new FormatError('mbr', 'no partition begins here', { offset });
  if (size % mbrSectorSize !== 0 || size < grown.size)
    throw new Failure('usage', `a partition of ${grown.size} bytes cannot grow to ${size} bytes`);
  if (grown.logical)
    throw new Failure('no-room', 'a partition in an extended partition of an MBR is not grown');
  const end = offset + size;
  const next = [...map.extended, ...map.partitions.map((each) => each.offset)]
    .filter((each) => each > offset && each < end)
    .sort((a, b) => a - b)[0];
  if (next !== undefined) throw new Failure('no-room', `another partition is in the way at ${next}`);
  const sectorCount = size / mbrSectorSize;
  if (sectorCount > 0xffffffff)
    throw new Failure('no-room', `an MBR cannot describe a partition of ${size} bytes`);
  const entry = mbrEntry.decode(await disk.read(grown.at, mbrEntry.size), 0, grown.at);
  // Cylinder, head and sector as the table says "beyond what they can count".
  const lastChs = Uint8Array.of(0xfe, 0xff, 0xff);
  return {
    size: Math.max(disk.size, Math.ceil(end / multipleOf) * multipleOf),
    patches: [{ offset: grown.at, bytes: mbrEntry.encode({ ...entry, lastChs, sectorCount }) }],
  };
}
