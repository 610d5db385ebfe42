import { FormatError } from '../../base/index.ts';
import { foldCase } from './case-fold.ts';
import {
  binaryCompare,
  catalogRecord,
  fileRecordSize,
  folderRecordSize,
  recordType,
  reservedId,
  type CatalogRecord,
} from './records.ts';
import { leaves, type Tree } from './tree.ts';

/** A file or folder of the catalog. */
export interface Entry {
  readonly id: number;
  readonly kind: 'file' | 'folder';
  /** Of the folder it is in. */
  parent: number;
  /** As it is stored. */
  name: string;
  /** Its record as it is stored: 248 bytes of a file, 88 of a folder. */
  record: Buffer;
  /** Of a folder: what is in it, by name as `Catalog.fold` gives it. */
  readonly children: Map<string, Entry> | undefined;
  /** Where its record lies in the volume, for errors; 0 when it is new. */
  readonly at: number;
}

export interface Catalog {
  readonly entries: Map<number, Entry>;
  readonly root: Entry;
  /** Two names in a folder that this maps to one are the same. */
  readonly fold: (name: string) => string;
}

/** Reads a whole catalog. @throws FormatError where its records contradict one another */
export async function readCatalog(tree: Tree): Promise<Catalog> {
  const fold = tree.header.keyCompareType === binaryCompare ? (name: string) => name : foldCase;
  const entries = new Map<number, Entry>();
  for await (const node of leaves(tree)) {
    for (const { key, data, offset } of node.records) {
      const at = node.at + offset;
      const type = data.length >= 2 ? data.readUInt16BE(0) : 0;
      if (type === recordType.folderThread || type === recordType.fileThread) continue;
      const folder = type === recordType.folder;
      const size = folder ? folderRecordSize : fileRecordSize;
      if ((!folder && type !== recordType.file) || data.length < size) {
        throw new FormatError('hfsplus', `a catalog record of type ${type} has ${data.length} bytes`, {
          offset: at,
        });
      }
      const id = data.readUInt32BE(8);
      if (entries.has(id))
        throw new FormatError('hfsplus', `two catalog records have the id ${id}`, { offset: at });
      entries.set(id, {
        id,
        kind: folder ? 'folder' : 'file',
        parent: key.readUInt32BE(0),
        name: readUnits(key, 4, at),
        record: data.subarray(0, size),
        children: folder ? new Map() : undefined,
        at,
      });
    }
  }
  const root = entries.get(reservedId.root);
  if (root?.kind !== 'folder' || root.parent !== reservedId.rootParent)
    throw new FormatError('hfsplus', 'the catalog has no root folder', { offset: tree.fork.at(0) });
  for (const entry of entries.values()) {
    if (entry === root) continue;
    const children = entries.get(entry.parent)?.children;
    if (children === undefined) {
      throw new FormatError(
        'hfsplus',
        `the folder ${entry.parent} of the catalog record ${entry.id} is missing`,
        {
          offset: entry.at,
        },
      );
    }
    const name = fold(entry.name);
    if (children.has(name))
      throw new FormatError('hfsplus', `two things in folder ${entry.parent} have one name`, {
        offset: entry.at,
      });
    children.set(name, entry);
  }
  return { entries, root, fold };
}

/** A counted string of UTF-16 units in a key. @param at for errors */
export function readUnits(key: Buffer, offset: number, at: number): string {
  const length = offset + 2 <= key.length ? key.readUInt16BE(offset) : -1;
  if (length < 0 || length > 255 || offset + 2 + 2 * length !== key.length)
    throw new FormatError('hfsplus', 'a key does not hold the name it announces', { offset: at });
  return Buffer.from(key.subarray(offset + 2))
    .swap16()
    .toString('utf16le');
}

/** The fields of an entry's record. */
export function fieldsOf(entry: Pick<Entry, 'record'>): CatalogRecord {
  return catalogRecord.decode(entry.record);
}
