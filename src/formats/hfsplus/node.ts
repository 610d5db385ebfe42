import { FormatError } from '../../base/index.ts';
import { nodeDescriptor, nodeKind, type TreeHeader } from './records.ts';

export interface TreeRecord {
  /** Without its length. */
  readonly key: Buffer;
  readonly data: Buffer;
  /** Where the record lies in the node. */
  readonly offset: number;
}

export interface TreeNode {
  readonly number: number;
  readonly next: number;
  readonly previous: number;
  readonly kind: number;
  readonly height: number;
  readonly records: readonly TreeRecord[];
}

/**
 * Parses a leaf or index node, every offset checked.
 * @param at where the node lies in the volume, for errors
 */
export function parseNode(
  data: Buffer,
  number: number,
  header: Pick<TreeHeader, 'maxKeyLength'>,
  at: number,
): TreeNode {
  const fail = (message: string, from = 0): never => {
    throw new FormatError('hfsplus', `B-tree node ${number}: ${message}`, { offset: at + from });
  };
  const { next, previous, kind, height, recordCount } = nodeDescriptor.decode(data, 0, at);
  if (kind !== nodeKind.leaf && kind !== nodeKind.index)
    fail(`its kind ${kind} is neither leaf nor index`, 8);
  const table = data.length - 2 * (recordCount + 1);
  if (table < nodeDescriptor.size) fail(`${recordCount} records do not fit in it`, 10);
  const records: TreeRecord[] = [];
  let end = data.readUInt16BE(data.length - 2);
  if (end !== nodeDescriptor.size) fail('its first record is not after its descriptor', data.length - 2);
  for (let index = 0; index < recordCount; index++) {
    const offset = end;
    const slot = data.length - 2 * (index + 2);
    end = data.readUInt16BE(slot);
    if (end < offset + 2 || end > table || end % 2 !== 0)
      fail(`record ${index} has an invalid end: ${end}`, slot);
    const keyLength = data.readUInt16BE(offset);
    const keyEnd = offset + 2 + keyLength;
    const dataStart = keyEnd + (keyLength % 2);
    if (keyLength < 6 || keyLength > header.maxKeyLength || dataStart > end) {
      fail(`the key of record ${index} has a length of ${keyLength}`, offset);
    }
    if (kind === nodeKind.index && dataStart + 4 > end) fail(`record ${index} points to no node`, offset);
    records.push({
      key: data.subarray(offset + 2, keyEnd),
      data: data.subarray(dataStart, end),
      offset,
    });
  }
  return { number, next, previous, kind, height, records };
}
