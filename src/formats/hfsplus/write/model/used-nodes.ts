import { nodeDescriptor, nodeKind } from '../../records.ts';
import type { Tree } from '../../tree.ts';

/** Where the map record of a header node begins (TN1150, "Header Node"). */
const headerMap = 248;

/** How much of a tree is in use, by its map. */
export interface NodeUse {
  /** All nodes from this one on are free. */
  readonly freeFrom: number;
  readonly totalNodes: number;
}

/** @returns undefined where the map is not as TN1150 ("Map Record") has it */
export async function nodeUse(tree: Tree): Promise<NodeUse | undefined> {
  const { nodeSize, totalNodes } = tree.header;
  let mapped = 0;
  let freeFrom = 0;
  const look = (bits: Buffer): void => {
    const last = bits.findLastIndex((byte) => byte !== 0);
    if (last >= 0) freeFrom = mapped + 8 * last + 8 - Math.log2((bits[last] ?? 0) & -(bits[last] ?? 0));
    mapped += 8 * bits.length;
  };
  let node = Buffer.from(await tree.nodeData(0));
  if (node.readUInt16BE(nodeSize - 6) !== headerMap || node.readUInt16BE(nodeSize - 8) !== nodeSize - 8)
    return undefined;
  look(node.subarray(headerMap, nodeSize - 8));
  while (mapped < totalNodes) {
    const number = node.readUInt32BE(0);
    if (number === 0 || number >= totalNodes) return undefined;
    node = Buffer.from(await tree.nodeData(number));
    const start = node.readUInt16BE(nodeSize - 2);
    const end = node.readUInt16BE(nodeSize - 4);
    if (node[8] !== nodeKind.map || start !== nodeDescriptor.size || end <= start || end > nodeSize - 4)
      return undefined;
    look(node.subarray(start, end));
  }
  return freeFrom <= totalNodes ? { freeFrom, totalNodes } : undefined;
}
