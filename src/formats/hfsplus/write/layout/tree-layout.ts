import { nodeDescriptor } from '../../records.ts';

/** A record that is to be put into a B-tree, in the order of its keys. */
export interface TreeRecord {
  /** Of the key with its length; even. */
  readonly keySize: number;
  /** Of key and data; even. */
  readonly size: number;
  write(node: Buffer, at: number): void;
}

/** How many nodes a tree has on each level, leaves first; none when it is empty. */
export interface TreeLayout {
  readonly leafRecords: number;
  readonly levels: readonly number[];
  /** Of all levels. */
  readonly nodes: number;
}

const offsetSize = 2;
/** Of what an index record points to. */
export const pointerSize = 4;

/** How much of a node records can take, each with an offset; one offset more is that of the free space. */
export function nodeCapacity(nodeSize: number): number {
  return nodeSize - nodeDescriptor.size - offsetSize;
}

/** Distributes records to nodes, each filled before the next: says for each record whether it begins a node. */
export function packer(nodeSize: number): (size: number) => boolean {
  const capacity = nodeCapacity(nodeSize);
  let left = 0;
  return (size) => {
    const cost = size + offsetSize;
    if (cost > capacity) throw new RangeError(`a record of ${size} bytes in nodes of ${nodeSize}`);
    const begins = cost > left;
    left = (begins ? capacity : left) - cost;
    return begins;
  };
}

export function layTree(
  records: Iterable<Pick<TreeRecord, 'keySize' | 'size'>>,
  nodeSize: number,
): TreeLayout {
  let leafRecords = 0;
  const begins = packer(nodeSize);
  let keys: number[] = [];
  for (const { keySize, size } of records) {
    leafRecords++;
    if (begins(size)) keys.push(keySize);
  }
  const levels: number[] = [];
  if (leafRecords > 0) levels.push(keys.length);
  while (keys.length > 1) {
    const pack = packer(nodeSize);
    keys = keys.filter((keySize) => pack(keySize + pointerSize));
    levels.push(keys.length);
  }
  return { leafRecords, levels, nodes: levels.reduce((sum, count) => sum + count, 0) };
}

/** Bytes of the header node's map, and of a map node's (TN1150, "Map Record"). */
export function mapBytes(nodeSize: number): { readonly header: number; readonly node: number } {
  return { header: nodeSize - 256, node: nodeSize - 20 };
}

/** How many map nodes a tree with so many nodes in all needs. */
export function mapNodes(totalNodes: number, nodeSize: number): number {
  const { header, node } = mapBytes(nodeSize);
  return Math.max(0, Math.ceil((totalNodes - 8 * header) / (8 * node)));
}

/** The least number of nodes in all that leaves room for `used` beside the header and the maps. */
export function totalNodesFor(used: number, nodeSize: number): number {
  let total = 1 + used;
  while (1 + mapNodes(total, nodeSize) + used > total) total = 1 + mapNodes(total, nodeSize) + used;
  return total;
}
