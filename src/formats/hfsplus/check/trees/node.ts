import { nodeDescriptor, nodeKind } from '../../records.ts';
import type { Findings } from '../findings.ts';
import type { TreeRules } from './keys.ts';

export interface CheckedRecord<K> {
  readonly key: K;
  readonly data: Buffer;
  /** Where the record lies in the volume. */
  readonly at: number;
}

export interface CheckedNode<K> {
  readonly number: number;
  readonly next: number;
  readonly previous: number;
  /** Those that can be read, in order. */
  readonly records: readonly CheckedRecord<K>[];
  /** Where it lies in the volume. */
  readonly at: number;
}

/** What a node is held against. */
export interface ExpectedNode {
  readonly number: number;
  readonly kind: 'leaf' | 'index';
  /** 1 of leaves. */
  readonly height: number;
  readonly at: number;
}

/** Checks a leaf or index node by itself; every record that can be read is given. */
export function checkNode<K>(
  data: Buffer,
  { number, kind, height, at }: ExpectedNode,
  rules: TreeRules<K>,
  found: Findings,
): CheckedNode<K> {
  const fault = (what: string, from = 0): void =>
    found.fault(rules.area, `node ${number}: ${what}`, { offset: at + from });
  const descriptor = nodeDescriptor.decode(data);
  if (descriptor.kind !== nodeKind[kind])
    fault(`its kind is ${descriptor.kind} and not ${nodeKind[kind]}, as of ${kind} nodes`, 8);
  if (descriptor.height !== height) fault(`its height is ${descriptor.height} instead of ${height}`, 9);
  if (descriptor.recordCount === 0) fault('it has no records', 10);
  const records: CheckedRecord<K>[] = [];
  const { next, previous } = descriptor;
  const node = { number, next, previous, records, at };
  const table = data.length - 2 * (descriptor.recordCount + 1);
  if (table < nodeDescriptor.size) {
    fault(`${descriptor.recordCount} records do not fit in it`, 10);
    return node;
  }
  let end = data.readUInt16BE(data.length - 2);
  if (end !== nodeDescriptor.size) {
    fault(`its first record is at ${end} instead of ${nodeDescriptor.size}`, data.length - 2);
    return node;
  }
  for (let index = 0; index < descriptor.recordCount; index++) {
    const offset = end;
    const slot = data.length - 2 * (index + 2);
    end = data.readUInt16BE(slot);
    if (end < offset + 2 || end > table || end % 2 !== 0) {
      fault(`record ${index} has an invalid end: ${end}`, slot);
      return node;
    }
    const length = data.readUInt16BE(offset);
    const dataStart = offset + 2 + length + (length % 2);
    const key =
      length > rules.maxKeyLength || dataStart > end
        ? undefined
        : rules.parse(data.subarray(offset + 2, offset + 2 + length));
    if (key === undefined) {
      fault(`record ${index} has no key of this tree`, offset);
      continue;
    }
    const previousKey = records.at(-1)?.key;
    if (previousKey !== undefined && rules.compare(previousKey, key) >= 0)
      fault(
        `record ${index} (${rules.show(key)}) does not come after the one before it (${rules.show(previousKey)})`,
        offset,
      );
    records.push({ key, data: data.subarray(dataStart, end), at: at + offset });
  }
  return node;
}
