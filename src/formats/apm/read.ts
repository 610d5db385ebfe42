import { FormatError, type ByteSource } from '../../base/index.ts';
import { struct, text, u16, u32 } from '../struct/index.ts';

/** Driver descriptor map, block 0 of a disk with an Apple partition map (Inside Macintosh: Devices). Big-endian. */
export const driverMap = struct('apm.driverMap', {
  signature: u16, // 'ER'
  blockSize: u16, // 512, or 2048 on discs
  blockCount: u32,
});

/** One entry of the map, a block each from block 1. Big-endian. */
export const apmEntry = struct('apm.entry', {
  signature: u16, // 'PM'
  padding: u16,
  mapEntries: u32, // the same in every entry
  firstBlock: u32,
  blockCount: u32,
  name: text(32),
  type: text(32), // "Apple_HFS", "Apple_Free" …
  dataFirstBlock: u32,
  dataBlockCount: u32,
  status: u32,
});

export interface ApmPartition {
  readonly type: string;
  readonly name: string;
  /** In bytes. */
  readonly offset: number;
  readonly size: number;
}

export interface Apm {
  readonly partitions: readonly ApmPartition[];
  /** Where the disk ends according to its descriptor or its map, whichever is further; in bytes. */
  readonly size: number;
}

const driverSignature = 0x4552;
const entrySignature = 0x504d;
/** Discs have tens; the map's own partition rarely holds more than 63 blocks. */
const mostEntries = 1024;

/** Reads an Apple partition map. @returns undefined when there is none */
export async function readApm(disk: ByteSource): Promise<Apm | undefined> {
  if (disk.size < 1024) return undefined;
  const head = await disk.read(0, driverMap.size);
  const driver = driverMap.decode(head);
  // The map goes by 512 bytes even on some discs whose blocks are of 2048.
  const blockSize = await findEntries(disk, driver.blockSize);
  if (driver.signature !== driverSignature || blockSize === undefined) return undefined;

  const partitions: ApmPartition[] = [];
  let size = driver.blockCount * driver.blockSize;
  let count = 1;
  for (let index = 1; index <= count; index++) {
    const at = index * blockSize;
    if (at + apmEntry.size > disk.size)
      throw new FormatError('apm', 'its map leaves the disk', { offset: at });
    const entry = apmEntry.decode(await disk.read(at, apmEntry.size), 0, at);
    if (entry.signature !== entrySignature) {
      throw new FormatError('apm', `entry ${index} of ${count} does not begin with "PM"`, { offset: at });
    }
    if (index === 1) count = entry.mapEntries;
    if (count < 1 || count > mostEntries) {
      throw new FormatError('apm', `a map of ${count} entries is not one`, { offset: at + 4 });
    }
    const partition = {
      type: entry.type,
      name: entry.name,
      offset: entry.firstBlock * blockSize,
      size: entry.blockCount * blockSize,
    };
    size = Math.max(size, partition.offset + partition.size);
    partitions.push(partition);
  }
  return { partitions, size };
}

async function findEntries(disk: ByteSource, blockSize: number): Promise<number | undefined> {
  for (const stride of [512, blockSize]) {
    if (stride < 512 || stride + 2 > disk.size) continue;
    const [high, low] = await disk.read(stride, 2);
    if (((high ?? 0) << 8) + (low ?? 0) === entrySignature) return stride;
  }
  return undefined;
}
