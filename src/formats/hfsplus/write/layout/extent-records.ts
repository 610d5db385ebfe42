import { extentGroup, forkType, type ForkKind } from '../../overflow.ts';
import type { Extent } from '../../fork.ts';
import { eight } from './catalog-records.ts';
import type { TreeRecord } from './tree-layout.ts';

/** Extents of a fork beyond its first eight. */
export interface OverflowList {
  readonly id: number;
  readonly fork: ForkKind;
  /** The block of the fork that the first of them begins with. */
  readonly startBlock: number;
  readonly extents: readonly Extent[];
}

const keySize = 12;

/** The extents overflow file's records, eight extents each, in the order of their keys (TN1150, "Extents Overflow File Key"). */
export function extentRecords(lists: readonly OverflowList[]): TreeRecord[] {
  const sorted = [...lists].sort((a, b) => a.id - b.id || forkType[a.fork] - forkType[b.fork]);
  const records: TreeRecord[] = [];
  for (const { id, fork, startBlock, extents } of sorted) {
    let block = startBlock;
    for (let from = 0; from < extents.length; from += 8) {
      const first = block;
      const group = eight(extents, from);
      for (const { blockCount } of group) block += blockCount;
      records.push({
        keySize,
        size: keySize + extentGroup.size,
        write(node, at) {
          node.writeUInt16BE(keySize - 2, at);
          node[at + 2] = forkType[fork];
          node[at + 3] = 0;
          node.writeUInt32BE(id, at + 4);
          node.writeUInt32BE(first, at + 8);
          extentGroup.write(new DataView(node.buffer, node.byteOffset, node.length), at + keySize, group);
        },
      });
    }
  }
  return records;
}
