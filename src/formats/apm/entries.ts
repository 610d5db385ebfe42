import { FormatError, type ByteSource } from '../../base/index.ts';
import { apmEntry, driverMap, driverSignature, entrySignature, type ApmEntry } from './layout.ts';

/** An Apple partition map as it is on the disk. */
export interface ApmMap {
  /** The block size and count that the driver descriptor map tells: the disk's end. */
  readonly driver: { readonly blockSize: number; readonly blockCount: number };
  /** In which the entries count and lie, in bytes. */
  readonly blockSize: number;
  readonly entries: readonly { readonly entry: ApmEntry; /** In bytes. */ readonly at: number }[];
}

/** Discs have tens; the map's own partition rarely holds more than 63 blocks. */
const mostEntries = 1024;

/** @returns undefined when none exists */
export async function readMap(disk: ByteSource): Promise<ApmMap | undefined> {
  if (disk.size < 1024) return undefined;
  const head = await disk.read(0, driverMap.size);
  const driver = driverMap.decode(head);
  // The map goes by 512 bytes even on some discs whose blocks are of 2048.
  const blockSize = await findEntries(disk, driver.blockSize);
  if (driver.signature !== driverSignature || blockSize === undefined) return undefined;

  const entries: { entry: ApmEntry; at: number }[] = [];
  let count = 1;
  for (let index = 1; index <= count; index++) {
    const at = index * blockSize;
    if (at + apmEntry.size > disk.size)
      throw new FormatError('apm', 'its partition map extends beyond the disk', { offset: at });
    const entry = apmEntry.decode(await disk.read(at, apmEntry.size), 0, at);
    if (entry.signature !== entrySignature) {
      throw new FormatError('apm', `entry ${index} of ${count} does not begin with "PM"`, { offset: at });
    }
    if (index === 1) count = entry.mapEntries;
    if (count < 1 || count > mostEntries) {
      throw new FormatError('apm', `invalid number of map entries: ${count}`, { offset: at + 4 });
    }
    entries.push({ entry, at });
  }
  return { driver, blockSize, entries };
}

/** Where the disk ends according to its descriptor or its map, whichever is further; in bytes. */
export function endOf({ driver, blockSize, entries }: ApmMap): number {
  const ends = entries.map(({ entry }) => (entry.firstBlock + entry.blockCount) * blockSize);
  return Math.max(driver.blockCount * driver.blockSize, ...ends);
}

async function findEntries(disk: ByteSource, blockSize: number): Promise<number | undefined> {
  for (const stride of [512, blockSize]) {
    // A power of two, as the size of any device's blocks.
    if (stride < 512 || (stride & (stride - 1)) !== 0 || stride + 2 > disk.size) continue;
    const [high, low] = await disk.read(stride, 2);
    if (((high ?? 0) << 8) + (low ?? 0) === entrySignature) return stride;
  }
  return undefined;
}
