import type { ByteTarget } from '../../../../base/index.ts';
import { forkSource, type Extent } from '../../fork.ts';
import { nodeDescriptor, nodeKind, treeHeader, type TreeHeader } from '../../records.ts';
import { mapBytes, mapNodes, packer, pointerSize, type TreeLayout, type TreeRecord } from './tree-layout.ts';
import { writeZeros } from '../blocks/zeros.ts';

/** Where a tree lies and what of its header does not follow from its records. */
export interface TreePlace {
  readonly header: Pick<
    TreeHeader,
    'nodeSize' | 'maxKeyLength' | 'clumpSize' | 'treeType' | 'keyCompareType' | 'attributes'
  >;
  readonly extents: readonly Extent[];
  readonly totalNodes: number;
  readonly layout: TreeLayout;
  /** Nodes that were free before: zeros, as TN1150 wants free nodes to be. */
  readonly free?: { readonly from: number; readonly to: number } | undefined;
}

const batchSize = 2 ** 20;
const userDataAt = 120;
const mapAt = 248;

/** Writes a whole tree: header, maps, leaves, index; what is left of its nodes is zeroed. */
export async function writeTree(
  target: ByteTarget,
  place: TreePlace,
  records: Iterable<TreeRecord>,
  blockSize: number,
): Promise<void> {
  const { layout, totalNodes, extents } = place;
  const { nodeSize } = place.header;
  const fork = forkSource(target, extents, totalNodes * nodeSize, blockSize);
  const write = async (offset: number, bytes: Buffer): Promise<void> => {
    let done = 0;
    for (const { start, length } of fork.pieces(offset, bytes.length)) {
      await target.write(start, bytes.subarray(done, done + length));
      done += length;
    }
  };
  const maps = mapNodes(totalNodes, nodeSize);
  let first = 1 + maps;
  await writeHeader(place, maps, write);
  let level: Iterable<TreeRecord> = records;
  for (const [height, count] of layout.levels.entries()) {
    const keys = await writeLevel(level, { first, count, height: height + 1, nodeSize }, write);
    level = indexRecords(keys, first);
    first += count;
  }
  const zero = async (from: number, to: number): Promise<void> => {
    for (const { start, length } of fork.pieces(from * nodeSize, Math.max(0, to - from) * nodeSize))
      await writeZeros(target, start, length);
  };
  // Nodes that were free before are zeros. They are not read again: a large tree may have millions of them.
  await zero(first, Math.min(place.free?.from ?? totalNodes, totalNodes));
  await zero(Math.max(first, place.free?.to ?? totalNodes), totalNodes);
}

type Write = (offset: number, bytes: Buffer) => Promise<void>;

interface Level {
  /** Number of its first node. */
  readonly first: number;
  readonly count: number;
  /** 1: leaves. */
  readonly height: number;
  readonly nodeSize: number;
}

/** @returns the first key of each node */
async function writeLevel(records: Iterable<TreeRecord>, level: Level, write: Write): Promise<Buffer[]> {
  const { first, count, height, nodeSize } = level;
  const keys: Buffer[] = [];
  const perBatch = Math.max(1, batchSize / nodeSize);
  let batch = Buffer.alloc(0);
  let batchAt = first;
  let node = batch;
  let end = 0;
  let inNode = 0;
  const begins = packer(nodeSize);
  for (const record of records) {
    if (begins(record.size)) {
      const number = first + keys.length;
      if (number === batchAt + batch.length / nodeSize) {
        await write(batchAt * nodeSize, batch);
        batchAt = number;
        batch = Buffer.alloc(Math.min(perBatch, first + count - number) * nodeSize);
      }
      node = batch.subarray((number - batchAt) * nodeSize, (number - batchAt + 1) * nodeSize);
      node.writeUInt32BE(number + 1 < first + count ? number + 1 : 0, 0);
      node.writeUInt32BE(number > first ? number - 1 : 0, 4);
      node[8] = height === 1 ? nodeKind.leaf : nodeKind.index;
      node[9] = height;
      end = nodeDescriptor.size;
      inNode = 0;
      node.writeUInt16BE(end, nodeSize - 2);
      record.write(node, end);
      keys.push(Buffer.from(node.subarray(end, end + record.keySize)));
    } else record.write(node, end);
    end += record.size;
    inNode++;
    node.writeUInt16BE(inNode, 10);
    node.writeUInt16BE(end, nodeSize - 2 * (inNode + 1));
  }
  await write(batchAt * nodeSize, batch);
  return keys;
}

function* indexRecords(keys: readonly Buffer[], first: number): Generator<TreeRecord> {
  for (const [index, key] of keys.entries()) {
    yield {
      keySize: key.length,
      size: key.length + pointerSize,
      write(node, at) {
        key.copy(node, at);
        node.writeUInt32BE(first + index, at + key.length);
      },
    };
  }
}

/** The header node and the map nodes, which follow it. */
async function writeHeader(place: TreePlace, maps: number, write: Write): Promise<void> {
  const { layout, totalNodes, header } = place;
  const { nodeSize } = header;
  const used = 1 + maps + layout.nodes;
  const depth = layout.levels.length;
  const firstLeaf = depth === 0 ? 0 : 1 + maps;
  const nodes = Buffer.alloc((1 + maps) * nodeSize);
  nodes.set(
    nodeDescriptor.encode({
      next: maps > 0 ? 1 : 0,
      previous: 0,
      kind: nodeKind.header,
      height: 0,
      recordCount: 3,
      reserved: 0,
    }),
  );
  nodes.set(
    treeHeader.encode({
      ...header,
      treeDepth: depth,
      rootNode: depth === 0 ? 0 : used - 1,
      leafRecords: layout.leafRecords,
      firstLeafNode: firstLeaf,
      lastLeafNode: depth === 0 ? 0 : firstLeaf + (layout.levels[0] ?? 0) - 1,
      totalNodes,
      freeNodes: totalNodes - used,
      reserved1: 0,
      reserved3: Array<number>(16).fill(0),
    }),
    nodeDescriptor.size,
  );
  const sizes = mapBytes(nodeSize);
  const offsets = [nodeDescriptor.size, userDataAt, mapAt, mapAt + sizes.header];
  for (const [index, offset] of offsets.entries()) nodes.writeUInt16BE(offset, nodeSize - 2 * (index + 1));
  for (let number = 1; number <= maps; number++) {
    const node = nodes.subarray(number * nodeSize, (number + 1) * nodeSize);
    node.writeUInt32BE(number < maps ? number + 1 : 0, 0);
    node[8] = nodeKind.map;
    node.writeUInt16BE(1, 10);
    node.writeUInt16BE(nodeDescriptor.size, nodeSize - 2);
    node.writeUInt16BE(nodeDescriptor.size + sizes.node, nodeSize - 4);
  }
  // The nodes in use are the first ones.
  let left = used;
  for (let number = 0; number <= maps; number++) {
    const at = number === 0 ? mapAt : number * nodeSize + nodeDescriptor.size;
    const size = number === 0 ? sizes.header : sizes.node;
    const here = Math.min(left, 8 * size);
    nodes.fill(0xff, at, at + Math.floor(here / 8));
    if (here % 8 > 0) nodes[at + Math.floor(here / 8)] = (0xff << (8 - (here % 8))) & 0xff;
    left -= here;
  }
  await write(0, nodes);
}
