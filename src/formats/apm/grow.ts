import { Failure, FormatError, type ByteSource } from '../../base/index.ts';
import { tailBytes } from '../loader-tail/index.ts';
import type { Patch } from '../source/index.ts';
import { endOf, readMap } from './entries.ts';
import { apmEntry, driverMap, driverSignature, freeType, type ApmEntry } from './layout.ts';

/**
 * Grows the partition at `offset` to `size` bytes: into the Apple_Free behind it, or else the disk grows with it and
 * that Apple_Free moves behind it. What loaders want free is behind the last partition afterwards.
 * @param multipleOf of what the disk's new size is a multiple, in bytes
 * @returns the disk's new size in bytes and what has to be written; undefined when the disk has no Apple partition map
 * @throws FormatError when no partition is there; Failure 'no-room' when another one is in the way,
 *   'usage' when the size is less than it is or not of whole blocks
 */
export async function growApm(
  disk: ByteSource,
  offset: number,
  size: number,
  multipleOf = 512,
): Promise<{ readonly size: number; readonly patches: readonly Patch[] } | undefined> {
  const map = await readMap(disk);
  if (map === undefined) return undefined;
  const { blockSize } = map;
  const driver = { ...map.driver, blockSize: map.driver.blockSize || blockSize };
  const before = endOf(map);
  if (before > disk.size) {
    throw new FormatError('apm', `the map describes ${before} bytes, but the disk is smaller`, {
      offset: disk.size,
    });
  }
  const entries = map.entries.filter(({ entry }) => entry.blockCount > 0);
  const grown = entries.find(
    ({ entry }) => entry.firstBlock * blockSize === offset && entry.type !== freeType,
  );
  if (grown === undefined) throw new FormatError('apm', 'no partition begins here', { offset });
  if (size % blockSize !== 0 || size < grown.entry.blockCount * blockSize) {
    throw new Failure(
      'usage',
      `a partition of ${grown.entry.blockCount} blocks of ${blockSize} bytes cannot grow to ${size} bytes`,
    );
  }
  const blockCount = size / blockSize;
  const end = grown.entry.firstBlock + blockCount;
  const behind = entries
    .filter(({ entry }) => entry.firstBlock > grown.entry.firstBlock)
    .sort((a, b) => a.entry.firstBlock - b.entry.firstBlock);
  const [free, ...rest] = behind[0]?.entry.type === freeType ? behind : [undefined, ...behind];
  const next = rest[0];
  if (next !== undefined && end >= next.entry.firstBlock) {
    throw new Failure(
      'no-room',
      `the partition "${next.entry.name}" is in the way at ${next.entry.firstBlock * blockSize}`,
    );
  }

  const patches: Patch[] = [];
  const put = (entry: ApmEntry, at: number): void => {
    const dataBlockCount = Math.max(0, entry.blockCount - entry.dataFirstBlock);
    patches.push({ offset: at, bytes: apmEntry.encode({ ...entry, dataBlockCount }) });
  };
  put({ ...grown.entry, blockCount }, grown.at);
  const unit = leastCommonMultiple(multipleOf, Math.max(driver.blockSize, blockSize));
  const rounded = (blocks: number): number => Math.ceil(Math.max(before, blocks * blockSize) / unit) * unit;
  const tail = next === undefined ? Math.ceil(tailBytes / blockSize) : 0;
  let total = rounded(end + tail);
  if (free !== undefined) {
    const { firstBlock: oldFirst, blockCount: count } = free.entry;
    const firstBlock = Math.max(end, oldFirst);
    let freeEnd = next?.entry.firstBlock ?? Math.max(oldFirst + count, end + tail);
    total = rounded(freeEnd);
    if (next === undefined && total > before) freeEnd = total / blockSize;
    put({ ...free.entry, firstBlock, blockCount: freeEnd - firstBlock }, free.at);
  }
  const driverBlocks = total / driver.blockSize;
  if (driverBlocks > 0xffffffff || total / blockSize > 0xffffffff) {
    throw new Failure('no-room', `an Apple partition map cannot describe ${total} bytes`);
  }
  patches.push({
    offset: 0,
    bytes: driverMap.encode({
      signature: driverSignature,
      blockSize: driver.blockSize,
      blockCount: driverBlocks,
    }),
  });
  return { size: total, patches };
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y > 0) [x, y] = [y, x % y];
  return (a / x) * b;
}
