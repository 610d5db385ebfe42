import type { TreeHeader } from '../../records.ts';
import { BitSet } from './bit-set.ts';
import { checkBounds, type Pointer, type TreeWalk } from './tree-walk.ts';

/** A tree of the smallest nodes would not get deeper. */
const deepest = 16;

/** Checks all index nodes, level by level. @returns what the lowest of them know of the leaves, in order */
export async function checkIndex<K>(walk: TreeWalk<K>, header: TreeHeader): Promise<readonly Pointer<K>[]> {
  const { treeDepth, rootNode, firstLeafNode } = header;
  if (treeDepth > deepest) {
    walk.headerFault(`is ${treeDepth} levels deep`, 0);
    return [];
  }
  if ((treeDepth === 0) !== (rootNode === 0) || (treeDepth === 0) !== (firstLeafNode === 0)) {
    walk.headerFault(
      `is ${treeDepth} levels deep, its root is node ${rootNode} and its first leaf ${firstLeafNode}`,
      0,
    );
  }
  if (treeDepth === 0) return [];
  const from = `the ${walk.rules.area} file's header`;
  if (treeDepth === 1) return walk.exists(rootNode, from) ? [{ number: rootNode, key: undefined }] : [];
  let level: Pointer<K>[] = walk.reach(rootNode, from) ? [{ number: rootNode, key: undefined }] : [];
  const leaves = new BitSet();
  for (let height = treeDepth; height > 1; height--) {
    const below: Pointer<K>[] = [];
    let last: K | undefined;
    for (const [index, pointer] of level.entries()) {
      const node = await walk.read(pointer.number, 'index', height);
      checkLink(walk, node.number, 'before', node.previous, level[index - 1]?.number ?? 0);
      checkLink(walk, node.number, 'after', node.next, level[index + 1]?.number ?? 0);
      last = checkBounds(walk, node, pointer, last);
      for (const { key, data } of node.records) {
        if (data.length !== 4) {
          walk.fault(
            `node ${node.number}: an index record has ${data.length} bytes instead of 4`,
            node.number,
          );
          continue;
        }
        const number = data.readUInt32BE(0);
        const parent = `node ${node.number}`;
        if (height > 2) {
          if (walk.reach(number, parent)) below.push({ number, key });
          // Leaves are reached along their own links.
        } else if (walk.exists(number, parent)) {
          if (leaves.add(number)) below.push({ number, key });
          else walk.fault(`two index records lead to leaf ${number}`, node.number);
        }
      }
    }
    level = below;
  }
  return level;
}

function checkLink<K>(
  walk: TreeWalk<K>,
  number: number,
  which: 'before' | 'after',
  given: number,
  expected: number,
): void {
  if (given !== expected)
    walk.fault(`node ${number}: it names ${given} as the node ${which} it instead of ${expected}`, number);
}
