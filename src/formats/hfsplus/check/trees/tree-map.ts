import { nodeDescriptor, nodeKind } from '../../records.ts';
import type { CheckedHeader } from './tree-header.ts';
import type { TreeWalk } from './tree-walk.ts';

const headerMapStart = 248;

/** Reads the map of used nodes: the header node's last record, then the map nodes'. */
export async function readTreeMap<K>(walk: TreeWalk<K>, { header, nodes }: CheckedHeader): Promise<Buffer> {
  const { nodeSize } = header;
  const head = await walk.nodeAt(0);
  const parts = [Buffer.from(head.subarray(headerMapStart, nodeSize - 8))];
  let length = nodeSize - 8 - headerMapStart;
  let before = 0;
  for (let number = head.readUInt32BE(0); number !== 0;) {
    if (!walk.reach(number, `the map's node ${before}`)) break;
    const node = await walk.nodeAt(number);
    const { kind, height, previous, next, recordCount } = nodeDescriptor.decode(node);
    const start = node.readUInt16BE(nodeSize - 2);
    const end = node.readUInt16BE(nodeSize - 4);
    if (kind !== nodeKind.map || height !== 0 || recordCount !== 1) {
      walk.fault(`node ${number}: it should be a map node, but is not`, number, 8);
      break;
    }
    if (start !== nodeDescriptor.size || end <= start || end > nodeSize - 4) {
      walk.fault(`node ${number}: its map is from ${start} to ${end}`, number, nodeSize - 4);
      break;
    }
    if (previous !== before)
      walk.fault(
        `node ${number}: it names ${previous} as the map node before it instead of ${before}`,
        number,
      );
    parts.push(Buffer.from(node.subarray(start, end)));
    length += end - start;
    before = number;
    number = next;
  }
  if (length * 8 < nodes)
    walk.fault(`the map has room for ${length * 8} nodes, and there are ${nodes}`, 0, headerMapStart);
  return Buffer.concat(parts);
}

/** Holds the map against the nodes that the tree is made of. */
export async function compareTreeMap<K>(
  walk: TreeWalk<K>,
  { header, nodes }: CheckedHeader,
  map: Buffer,
): Promise<void> {
  const { reached } = walk;
  let used = 0;
  map.forEach((bits, byte) => {
    for (let bit = 0; bit < 8; bit++) {
      const number = byte * 8 + bit;
      const marked = (bits & (0x80 >> bit)) !== 0;
      if (marked) used++;
      if (marked && number >= nodes) walk.fault(`the map marks node ${number}, and there are ${nodes}`, 0);
      else if (marked && !reached.has(number))
        walk.fault(`node ${number} is marked as used and is no part of the tree`, number);
      else if (!marked && reached.has(number))
        walk.fault(`node ${number} is part of the tree and marked as free`, number);
    }
  });
  if (header.freeNodes !== nodes - used)
    walk.headerFault(`counts ${header.freeNodes} free nodes, and its map has ${nodes - used}`, 26);
  const zeros = Buffer.alloc(header.nodeSize);
  for (let number = 0; number < nodes; number++) {
    if (!reached.has(number) && !(await walk.nodeAt(number)).equals(zeros))
      walk.fault(`node ${number} is free and not zeroed`, number);
  }
}
