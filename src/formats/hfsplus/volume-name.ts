import { FormatError, type ByteSource } from '../../base/index.ts';
import { nodeDescriptor, nodeKind, treeHeader } from './records.ts';
import type { ForkData, VolumeHeader } from './volume-header.ts';

/**
 * The volume's name: the key of the root folder's record, which sorts first in the catalog.
 * @returns undefined when the catalog's beginning is not where the header's own extents reach
 */
export async function readVolumeName(volume: ByteSource, header: VolumeHeader): Promise<string | undefined> {
  const { catalogFile, blockSize } = header;
  const read = (offset: number, length: number): Promise<Uint8Array> | undefined => {
    const at = locate(catalogFile, blockSize, offset, length);
    return at === undefined || at + length > volume.size ? undefined : volume.read(at, length);
  };
  const head = await read(0, nodeDescriptor.size + treeHeader.size);
  if (head === undefined) return undefined;
  const tree = treeHeader.decode(head.subarray(nodeDescriptor.size));
  if (
    nodeDescriptor.decode(head).kind !== nodeKind.header ||
    tree.nodeSize < 512 ||
    (tree.nodeSize & (tree.nodeSize - 1)) !== 0
  ) {
    throw new FormatError('hfsplus', 'the catalog does not begin with a B-tree header', {
      offset: (catalogFile.extents[0]?.startBlock ?? 0) * blockSize,
    });
  }
  if (tree.firstLeafNode === 0) return undefined;
  const node = await read(tree.firstLeafNode * tree.nodeSize, tree.nodeSize);
  if (node === undefined) return undefined;
  const view = new DataView(node.buffer, node.byteOffset, node.length);
  const key = view.getUint16(tree.nodeSize - 2);
  if (view.getUint8(8) !== nodeKind.leaf || key + 8 > tree.nodeSize) return undefined;
  const parent = view.getUint32(key + 2);
  const length = view.getUint16(key + 6);
  if (parent !== 1 || length > 255 || key + 8 + 2 * length > tree.nodeSize) return undefined;
  const units = Array.from({ length }, (_, index) => view.getUint16(key + 8 + 2 * index));
  return String.fromCharCode(...units).normalize('NFC');
}

/** Where a range of a fork lies in the volume, when one of its first eight extents holds all of it. */
function locate(fork: ForkData, blockSize: number, offset: number, length: number): number | undefined {
  let start = 0;
  for (const { startBlock, blockCount } of fork.extents) {
    const size = blockCount * blockSize;
    if (offset >= start && offset + length <= start + size) return startBlock * blockSize + offset - start;
    start += size;
  }
  return undefined;
}
