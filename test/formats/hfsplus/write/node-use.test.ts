import { describe, expect, it } from 'vitest';
import type { Tree } from '../../../../src/formats/hfsplus/tree.ts';
import { nodeUse } from '../../../../src/formats/hfsplus/write/model/used-nodes.ts';

const nodeSize = 512;
const inHeader = 8 * (nodeSize - 256);

/** A tree of a header node and one map node, with a bit for each number set. */
function tree(totalNodes: number, used: readonly number[], change?: (nodes: Buffer) => void): Tree {
  const nodes = Buffer.alloc(2 * nodeSize);
  nodes.writeUInt32BE(totalNodes > inHeader ? 1 : 0, 0);
  [14, 120, 248, nodeSize - 8].forEach((at, index) => nodes.writeUInt16BE(at, nodeSize - 2 - 2 * index));
  nodes[nodeSize + 8] = 2;
  nodes.writeUInt16BE(14, 2 * nodeSize - 2);
  nodes.writeUInt16BE(nodeSize - 6, 2 * nodeSize - 4);
  for (const number of used) {
    const bit = number < inHeader ? number : number - inHeader;
    const at = number < inHeader ? 248 : nodeSize + 14;
    nodes[at + (bit >> 3)] = (nodes[at + (bit >> 3)] ?? 0) | (0x80 >> (bit & 7));
  }
  change?.(nodes);
  return {
    header: { nodeSize, totalNodes },
    nodeData: (number: number) => Promise.resolve(nodes.subarray(number * nodeSize, (number + 1) * nodeSize)),
  } as Tree;
}

describe('what of a tree is in use by its map', () => {
  it('is all up to the last bit, in the header node or in a map node', async () => {
    expect(await nodeUse(tree(100, []))).toEqual({ freeFrom: 0, totalNodes: 100 });
    expect(await nodeUse(tree(100, [0]))).toEqual({ freeFrom: 1, totalNodes: 100 });
    expect(await nodeUse(tree(100, [0, 1, 7]))).toEqual({ freeFrom: 8, totalNodes: 100 });
    expect(await nodeUse(tree(100, [0, 42]))).toEqual({ freeFrom: 43, totalNodes: 100 });
    expect(await nodeUse(tree(3000, [0, 1]))).toEqual({ freeFrom: 2, totalNodes: 3000 });
    expect(await nodeUse(tree(3000, [0, 1, 2999]))).toEqual({ freeFrom: 3000, totalNodes: 3000 });
  });

  it.each<[string, Tree]>([
    ['marks a node that there is not', tree(100, [0, 100])],
    ['is not where it belongs', tree(100, [0], (nodes) => nodes.writeUInt16BE(200, nodeSize - 6))],
    ['has no map node where it needs one', tree(3000, [0], (nodes) => nodes.writeUInt32BE(0, 0))],
    ['goes on in a node that there is not', tree(3000, [0], (nodes) => nodes.writeUInt32BE(3000, 0))],
    ['goes on in a node of another kind', tree(3000, [0], (nodes) => (nodes[nodeSize + 8] = 0xff))],
    ['ends beyond its node', tree(3000, [0], (nodes) => nodes.writeUInt16BE(600, 2 * nodeSize - 4))],
    ['is not one byte long', tree(3000, [0], (nodes) => nodes.writeUInt16BE(14, 2 * nodeSize - 4))],
  ])('is not known where the map %s', async (_, damaged) => {
    expect(await nodeUse(damaged)).toBeUndefined();
  });
});
