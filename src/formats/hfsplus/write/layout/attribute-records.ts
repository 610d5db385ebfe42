import type { Extent } from '../../fork.ts';
import { attributeType, extentsAttribute, forkAttribute, inlineAttribute } from '../../records.ts';
import { eight, encodeFork, writeUnits } from './catalog-records.ts';
import type { EditedAttribute, PendingFork } from '../model/model.ts';
import type { TreeRecord } from './tree-layout.ts';

/** Key's length, padding, file's id, first block, name's length. */
const keyHead = 14;
const longestName = 127;

/** How many bytes an attribute may have to be kept in its record: two records with the longest keys fit in a node. */
export function mostInline(nodeSize: number): number {
  const perRecord = Math.floor((nodeSize - 14 - 3 * 2) / 2);
  const key = keyHead + 2 * longestName;
  return (perRecord - key - inlineAttribute.size) & ~1;
}

/** @param blockCount of the pending fork: its extents are not known before there is room for the tree */
export type PlaceOf = (fork: PendingFork) => readonly Extent[];

/** The attributes file's records in the order of their keys: file's id, name by units, first block (TN1150, "Attributes File"). */
export function* attributeRecords(
  attributes: ReadonlyMap<number, ReadonlyMap<string, EditedAttribute>>,
  placeOf: PlaceOf,
): Generator<TreeRecord> {
  const ids = [...attributes.keys()].sort((a, b) => a - b);
  for (const id of ids) {
    const own = [...(attributes.get(id) ?? [])].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    for (const [name, attribute] of own) {
      if (attribute.kind === 'inline') {
        yield inlineRecord(id, name, attribute.data);
        continue;
      }
      const pending = attribute.kind === 'pending';
      const extents = pending ? placeOf(attribute.fork) : attribute.extents;
      const size = pending ? attribute.fork.source.size : attribute.size;
      yield forkRecord(id, name, size, extents);
      let block = 0;
      for (const { blockCount } of extents.slice(0, 8)) block += blockCount;
      for (let from = 8; from < extents.length; from += 8) {
        const group = eight(extents, from);
        yield groupRecord(id, name, block, group);
        for (const { blockCount } of group) block += blockCount;
      }
    }
  }
}

function inlineRecord(id: number, name: string, data: Uint8Array): TreeRecord {
  const head = inlineAttribute.encode({ type: attributeType.inline, reserved: [0, 0], size: data.length });
  const body = Buffer.alloc(head.length + data.length + (data.length % 2));
  body.set(head);
  body.set(data, head.length);
  return attributeRecord(id, name, 0, body);
}

function forkRecord(id: number, name: string, size: number, extents: readonly Extent[]): TreeRecord {
  const body = new Uint8Array(forkAttribute.size);
  new DataView(body.buffer).setUint32(0, attributeType.fork);
  body.set(encodeFork(size, extents), 8);
  return attributeRecord(id, name, 0, body);
}

function groupRecord(id: number, name: string, block: number, extents: readonly Extent[]): TreeRecord {
  const body = extentsAttribute.encode({ type: attributeType.extents, reserved: 0, extents });
  return attributeRecord(id, name, block, body);
}

function attributeRecord(id: number, name: string, block: number, body: Uint8Array): TreeRecord {
  const keySize = keyHead + 2 * name.length;
  return {
    keySize,
    size: keySize + body.length,
    write(node, at) {
      node.writeUInt16BE(keySize - 2, at);
      node.writeUInt16BE(0, at + 2);
      node.writeUInt32BE(id, at + 4);
      node.writeUInt32BE(block, at + 8);
      node.writeUInt16BE(name.length, at + 12);
      writeUnits(node, at + keyHead, name);
      node.set(body, at + keySize);
    },
  };
}
