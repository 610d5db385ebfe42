import { FormatError, type ByteSource } from '../../base/index.ts';
import { checkRange } from '../source/index.ts';
import type { ForkData } from './volume-header.ts';

/** A run of allocation blocks. */
export interface Extent {
  readonly startBlock: number;
  readonly blockCount: number;
}

/** A fork's bytes, and where they lie in the volume. */
export interface ForkSource extends ByteSource {
  readonly extents: readonly Extent[];
  /** What it is read from. */
  readonly volume: ByteSource;
  /** Where a byte of the fork lies in the volume; for errors. */
  at(offset: number): number;
  /** The pieces of the volume that hold a range of the fork. */
  pieces(offset: number, length: number): { readonly start: number; readonly length: number }[];
}

export interface Geometry {
  readonly blockSize: number;
  readonly totalBlocks: number;
}

/**
 * All extents of a fork: its first eight, and those the overflow file has.
 * @param more the overflow file's extents of this fork, in order
 * @param at where the fork's description lies, for errors
 */
export function forkExtents(
  fork: ForkData,
  more: readonly Extent[],
  { blockSize, totalBlocks }: Geometry,
  what: string,
  at: number,
): Extent[] {
  const fail = (message: string): never => {
    throw new FormatError('hfsplus', `${what}: ${message}`, { offset: at });
  };
  const extents: Extent[] = [];
  let blocks = 0;
  for (const each of [...fork.extents, ...more]) {
    if (each.blockCount === 0 || blocks >= fork.totalBlocks) break;
    if (each.startBlock + each.blockCount > totalBlocks) {
      fail(`its blocks ${each.startBlock} to ${each.startBlock + each.blockCount} extend beyond the volume`);
    }
    extents.push(each);
    blocks += each.blockCount;
  }
  if (blocks !== fork.totalBlocks) fail(`its extents have ${blocks} blocks instead of ${fork.totalBlocks}`);
  if (fork.logicalSize > BigInt(fork.totalBlocks) * BigInt(blockSize)) {
    fail(`its ${fork.logicalSize} bytes do not fit in its ${fork.totalBlocks} blocks`);
  }
  return extents;
}

/** A fork as a source. The extents have been held against the volume. */
export function forkSource(
  volume: ByteSource,
  extents: readonly Extent[],
  size: number,
  blockSize: number,
): ForkSource {
  const starts: number[] = [];
  let end = 0;
  for (const { blockCount } of extents) {
    starts.push(end);
    end += blockCount * blockSize;
  }
  const indexAt = (offset: number): number => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  };
  const pieces = (offset: number, length: number): { start: number; length: number }[] => {
    const list: { start: number; length: number }[] = [];
    for (let index = indexAt(offset); length > 0; index++) {
      const { startBlock, blockCount } = extents[index] ?? { startBlock: 0, blockCount: 0 };
      const skip = offset - (starts[index] ?? 0);
      const count = Math.min(length, blockCount * blockSize - skip);
      if (count <= 0) break;
      list.push({ start: startBlock * blockSize + skip, length: count });
      offset += count;
      length -= count;
    }
    return list;
  };
  return {
    size,
    extents,
    volume,
    at: (offset) => pieces(offset, 1)[0]?.start ?? 0,
    pieces,
    async read(offset, length) {
      checkRange({ size }, offset, length);
      const found = pieces(offset, length);
      if (found.length === 1) return volume.read(found[0]?.start ?? 0, length);
      const data = new Uint8Array(length);
      let done = 0;
      for (const piece of found) {
        data.set(await volume.read(piece.start, piece.length), done);
        done += piece.length;
      }
      return data;
    },
  };
}
