import { FormatError } from '../../base/index.ts';
import { array } from '../struct/index.ts';
import type { Extent } from './fork.ts';
import { leaves, type Tree } from './tree.ts';
import { extent } from './volume-header.ts';

export const extentGroup = array(extent, 8);
export const forkType = { data: 0, resource: 0xff } as const;
export type ForkKind = keyof typeof forkType;

/** Extents of forks beyond their first eight, in order, by `overflowKey`. */
export type Overflow = Map<string, Extent[]>;

export function overflowKey(id: number, fork: ForkKind): string {
  return `${id}/${fork}`;
}

/** Reads a whole extents overflow file. */
export async function readOverflow(tree: Tree | undefined): Promise<Overflow> {
  const overflow: Overflow = new Map();
  if (tree === undefined) return overflow;
  for await (const node of leaves(tree)) {
    for (const { key, data, offset } of node.records) {
      if (key.length !== 10 || data.length < extentGroup.size)
        throw new FormatError('hfsplus', 'a record of the extents file has a wrong size', {
          offset: node.at + offset,
        });
      const of = overflowKey(key.readUInt32BE(2), key[0] === 0 ? 'data' : 'resource');
      const list = overflow.get(of) ?? [];
      overflow.set(of, list);
      const group = extentGroup.read(new DataView(data.buffer, data.byteOffset, data.length), 0);
      list.push(...group.filter(({ blockCount }) => blockCount > 0));
    }
  }
  return overflow;
}
