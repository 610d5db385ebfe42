import type { Extent } from '../../fork.ts';
import type { Allocator } from './allocator.ts';
import { blocksIn } from './bitmap.ts';

/** Blocks that a plan takes, and how many it lacks. */
export interface Room {
  readonly taken: readonly Extent[];
  /** 0: everything has found its place so far. */
  readonly short: number;
  /** Nothing when there is no room. */
  allocate(count: number): Extent[];
  /** Makes a fork of at least so many blocks. */
  grow(present: readonly Extent[], count: number): Extent[];
  /** Something does not fit though blocks are free. */
  refuse(): void;
}

export function roomOf(free: Allocator): Room {
  const available = free.free;
  const taken: Extent[] = [];
  let wanted = 0;
  let short = 0;
  const allocate = (count: number): Extent[] => {
    wanted += count;
    const extents = free.allocate(count);
    if (extents === undefined) short = Math.max(1, wanted - available);
    else for (const each of extents) taken.push(each);
    return extents ?? [];
  };
  return {
    taken,
    get short() {
      return short;
    },
    allocate,
    grow(present, count) {
      const has = blocksIn(present);
      return count <= has ? [...present] : joined([...present, ...allocate(count - has)]);
    },
    refuse() {
      short = Math.max(1, short);
    },
  };
}

/** Runs that follow one another as one. */
function joined(extents: readonly Extent[]): Extent[] {
  const list: Extent[] = [];
  for (const each of extents) {
    const last = list.at(-1);
    if (last !== undefined && last.startBlock + last.blockCount === each.startBlock)
      list.splice(-1, 1, { startBlock: last.startBlock, blockCount: last.blockCount + each.blockCount });
    else list.push(each);
  }
  return list;
}
