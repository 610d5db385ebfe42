import { FormatError } from '../../base/index.ts';
import type { ForkSource } from './fork.ts';
import { parseNode, type TreeNode } from './node.ts';
import { nodeDescriptor, nodeKind, treeHeader, type TreeHeader } from './records.ts';

/** A B-tree, its header read. */
export interface Tree {
  readonly name: string;
  readonly fork: ForkSource;
  readonly header: TreeHeader;
  /** The bytes of a node; the caller has checked that its number is below `header.totalNodes`. */
  nodeData(number: number): Promise<Buffer>;
}

/** Leaves mostly follow one another: they are read so many bytes at a time. */
const windowSize = 2 ** 20;

/** Opens a tree. @param name for errors: "catalog" @returns undefined when the fork has no bytes @throws FormatError */
export async function openTree(fork: ForkSource, name: string): Promise<Tree | undefined> {
  if (fork.size === 0) return undefined;
  const fail = (message: string, field = 0): never => {
    throw new FormatError('hfsplus', `the ${name} file ${message}`, { offset: fork.at(0) + field });
  };
  if (fork.size < 512) return fail('is too short for a B-tree');
  const head = await fork.read(0, nodeDescriptor.size + treeHeader.size);
  const descriptor = nodeDescriptor.decode(head);
  const header = treeHeader.decode(head, nodeDescriptor.size);
  const { nodeSize, totalNodes } = header;
  if (descriptor.kind !== nodeKind.header) fail('does not begin with a B-tree header', 8);
  if (nodeSize < 512 || nodeSize > 32768 || (nodeSize & (nodeSize - 1)) !== 0)
    fail(`has nodes of ${nodeSize} bytes`, 32);
  if (totalNodes * nodeSize > fork.size)
    fail(`has ${totalNodes} nodes of ${nodeSize} bytes in ${fork.size} bytes`, 36);
  if (header.maxKeyLength < 6 || header.maxKeyLength > nodeSize / 2) {
    fail(`has keys of ${header.maxKeyLength} bytes in nodes of ${nodeSize}`, 34);
  }
  const perWindow = Math.max(1, windowSize / nodeSize);
  let first = -1;
  let window: Buffer = Buffer.alloc(0);
  return {
    name,
    fork,
    header,
    async nodeData(number) {
      if (first < 0 || number < first || (number - first + 1) * nodeSize > window.length) {
        first = number - (number % perWindow);
        const count = Math.min(perWindow, totalNodes - first);
        const data = await fork.read(first * nodeSize, count * nodeSize);
        window = Buffer.from(data.buffer, data.byteOffset, data.length);
      }
      return window.subarray((number - first) * nodeSize, (number - first + 1) * nodeSize);
    },
  };
}

/** The leaves in order, by their links, each visited once. */
export async function* leaves(tree: Tree): AsyncGenerator<TreeNode & { readonly at: number }> {
  const { header, fork, name } = tree;
  if (header.treeDepth === 0 && header.rootNode === 0) return;
  let previous = 0;
  let seen = 0;
  for (let number = header.firstLeafNode; number !== 0;) {
    const at = number < header.totalNodes ? fork.at(number * header.nodeSize) : fork.at(0);
    const fail = (message: string): never => {
      throw new FormatError('hfsplus', `the ${name} file's leaf ${number} ${message}`, { offset: at });
    };
    if (number >= header.totalNodes) fail('does not exist');
    if (++seen > header.totalNodes) fail('appears twice');
    const node = parseNode(await tree.nodeData(number), number, header, at);
    if (node.kind !== nodeKind.leaf) fail('is not a leaf node');
    if (node.previous !== previous)
      fail(`names ${node.previous} as the one before it instead of ${previous}`);
    yield { ...node, at };
    previous = number;
    number = node.next;
  }
}
