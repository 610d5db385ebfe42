import { forkData } from '../../volume-header.ts';
import { dataForkOffset, recordType, reservedId, resourceForkOffset } from '../../records.ts';
import type { Extent } from '../../fork.ts';
import type { Item, Model } from '../model/model.ts';
import type { TreeRecord } from './tree-layout.ts';

/** All entries with their ids ascending, each folder's children in the order of their names. */
export interface CatalogOrder {
  readonly items: readonly Item[];
  readonly children: ReadonlyMap<Item, readonly Item[]>;
}

export function catalogOrder({ items }: Pick<Model, 'items'>): CatalogOrder {
  const sorted = [...items.values()].sort((a, b) => a.id - b.id);
  const children = new Map<Item, Item[]>();
  for (const folder of sorted) {
    if (folder.children === undefined || folder.children.size === 0) continue;
    const list = [...folder.children];
    list.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    children.set(
      folder,
      list.map(([, child]) => child),
    );
  }
  return { items: sorted, children };
}

/** The catalog's records in the order of their keys: parent's id, then name (TN1150, "Catalog File Key"). */
export function* catalogRecords(
  { items, children }: CatalogOrder,
  recordOf: (item: Item) => Buffer,
): Generator<TreeRecord> {
  const [root] = items;
  if (root === undefined) return;
  yield entryRecord(root, reservedId.rootParent, recordOf);
  for (const item of items) {
    yield threadRecord(item);
    for (const child of children.get(item) ?? []) yield entryRecord(child, item.id, recordOf);
  }
}

/** Key's length, parent's id, name's length. */
const keyHead = 8;

function entryRecord(item: Item, parent: number, recordOf: (item: Item) => Buffer): TreeRecord {
  const keySize = keyHead + 2 * item.name.length;
  return {
    keySize,
    size: keySize + item.record.length,
    write(node, at) {
      writeKey(node, at, parent, item.name);
      recordOf(item).copy(node, at + keySize);
    },
  };
}

/** What finds an entry by its id: 8 bytes and its name (TN1150, "Catalog Thread Records"). */
function threadRecord(item: Item): TreeRecord {
  return {
    keySize: keyHead,
    size: keyHead + 10 + 2 * item.name.length,
    write(node, at) {
      writeKey(node, at, item.id, '');
      node.writeUInt16BE(item.kind === 'folder' ? recordType.folderThread : recordType.fileThread, at + 8);
      node.writeUInt16BE(0, at + 10);
      node.writeUInt32BE(item.parent?.id ?? reservedId.rootParent, at + 12);
      node.writeUInt16BE(item.name.length, at + 16);
      writeUnits(node, at + 18, item.name);
    },
  };
}

function writeKey(node: Buffer, at: number, parent: number, name: string): void {
  node.writeUInt16BE(keyHead - 2 + 2 * name.length, at);
  node.writeUInt32BE(parent, at + 2);
  node.writeUInt16BE(name.length, at + 6);
  writeUnits(node, at + keyHead, name);
}

export function writeUnits(node: Buffer, at: number, name: string): void {
  for (let index = 0; index < name.length; index++)
    node.writeUInt16BE(name.charCodeAt(index), at + 2 * index);
}

/** A fork's 80 bytes. @param extents all of them: the first eight are put in */
export function encodeFork(logicalSize: number, extents: readonly Extent[], clumpSize = 0): Uint8Array {
  return forkData.encode({
    logicalSize: BigInt(logicalSize),
    clumpSize,
    totalBlocks: extents.reduce((sum, { blockCount }) => sum + blockCount, 0),
    extents: eight(extents),
  });
}

/** Eight extents from `from` on, filled up with empty ones. */
export function eight(extents: readonly Extent[], from = 0): Extent[] {
  return Array.from({ length: 8 }, (_, index) => extents[from + index] ?? { startBlock: 0, blockCount: 0 });
}

/** A file's record with the place its pending forks have got. */
export function placedRecord(
  item: Item,
  placeOf: (fork: NonNullable<Item['data']>) => readonly Extent[],
): Buffer {
  if (item.data === undefined && item.resource === undefined) return item.record;
  const record = Buffer.from(item.record);
  if (item.data !== undefined)
    record.set(encodeFork(item.data.source.size, placeOf(item.data)), dataForkOffset);
  if (item.resource !== undefined)
    record.set(encodeFork(item.resource.source.size, placeOf(item.resource)), resourceForkOffset);
  return record;
}
