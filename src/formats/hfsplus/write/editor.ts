import { Failure, type ByteSource, type ByteTarget } from '../../../base/index.ts';
import { memorySource } from '../../source/index.ts';
import type { Entry } from '../catalog.ts';
import { follow } from '../find.ts';
import type { HfsVolume } from '../open-volume.ts';
import { commitVolume, type CommitOptions } from './layout/commit.ts';
import { attributeOf, copyTree, type CopiedInodes } from './copy-tree.ts';
import { finishRecords } from './model/finish.ts';
import { addLink, folderOf, inodeOf, makeInode } from './model/inodes.ts';
import { freeKey, insert, newId } from './model/insert.ts';
import { attributeFlags, folderCountFlag, hfsDate, newRecord, type Metadata } from './model/metadata.ts';
import type { EditedAttribute, EditedEntry, Item, Model } from './model/model.ts';
import { newModel, type NewVolumeOptions } from './model/new-model.ts';
import { contentsOf } from './layout/contents.ts';
import { presentModel } from './model/present-model.ts';
import { removeItem } from './model/remove.ts';
import { sizeNeeded } from './layout/size-needed.ts';
import { attributeName, checkedName, storedName } from './model/stored-name.ts';

export interface FolderContents extends Metadata {
  /** Extended attributes by their names. */
  readonly attributes?: ReadonlyMap<string, Uint8Array>;
}

export interface FileContents extends FolderContents {
  readonly data?: ByteSource;
  readonly resource?: ByteSource;
}

/**
 * A volume in memory: changed there, and written by `commit`, once. Names are parts of paths: ":" is stored as "/".
 * Each change @throws Failure 'exists' when the folder has something of that name, 'bad-name', 'usage'.
 */
export interface VolumeEditor {
  readonly root: EditedEntry;
  /** Of the volume before the edit, in bytes; 0 of a new one. */
  readonly size: number;
  /**
   * By a path like "System/Library" from the root or another folder; hard links to folders are followed, symbolic links
   * are not.
   */
  find(path: string, from?: EditedEntry): EditedEntry | undefined;
  makeFolder(parent: EditedEntry, name: string, contents?: FolderContents): EditedEntry;
  /** The sources are read by `commit`. */
  putFile(parent: EditedEntry, name: string, contents?: FileContents): EditedEntry;
  putSymlink(parent: EditedEntry, name: string, target: string, metadata?: Metadata): EditedEntry;
  /** Another name for a file. */
  putHardLink(parent: EditedEntry, name: string, to: EditedEntry): EditedEntry;
  /** With everything in it; a file with more links keeps its bytes. @throws Failure 'in-use' */
  remove(entry: EditedEntry): void;
  /**
   * From another volume or from this one as it was: forks and attributes as they are stored, all metadata, hard links as
   * links. That volume is read by `commit`. A root is copied without the volume's own files and folders.
   */
  copyTree(from: HfsVolume, entry: Entry, parent: EditedEntry, name?: string): EditedEntry;
  bless(what: Blessing): void;
  /** Bytes the volume must have so that everything fits: as many as it has, or so many more that all that is new follows. */
  sizeNeeded(): number;
  /** How many bytes of files' data `commit` will copy. */
  bytesToCopy(): number;
  /** @throws Failure 'no-space' before anything is written when the size is too small */
  commit(target: ByteTarget, options: CommitOptions): Promise<void>;
}

/** What the firmware starts; what is left out stays. */
export interface Blessing {
  /** System/Library/CoreServices. */
  readonly folder?: EditedEntry;
  /** boot.efi in it. */
  readonly file?: EditedEntry;
  /** What the Finder opens. */
  readonly openFolder?: EditedEntry;
}

export interface EditOptions {
  /** Of all that is done; the volume's own last change when it is left out, so that the same edit gives the same bytes. */
  readonly date?: Date;
}

/** @throws FormatError when the volume is damaged where that matters for what is written */
export async function editVolume(volume: HfsVolume, options: EditOptions = {}): Promise<VolumeEditor> {
  const now = options.date === undefined ? volume.header.modifyDate : hfsDate(options.date);
  return editorOf(await presentModel(volume, now));
}

/** A new, empty volume. @throws Failure 'usage' */
export function newVolume(options: NewVolumeOptions): VolumeEditor {
  return editorOf(newModel(options));
}

function editorOf(model: Model): VolumeEditor {
  let done = false;
  const copied = new Map<HfsVolume, CopiedInodes>();
  const own = (entry: EditedEntry): Item => {
    if (done) throw new Failure('usage', 'the volume was written already; open it again');
    const item = model.items.get(entry.id);
    if (item !== entry) throw new Failure('usage', `"${entry.name}" is not in this volume`);
    return item;
  };
  /** Where something new is to go; checked before a number is given out. */
  const place = (parent: EditedEntry, stored: string): Item => {
    const folder = folderOf(model, own(parent));
    freeKey(model, folder, stored);
    return folder;
  };
  const putAttributes = (id: number, record: Buffer, named: ReadonlyMap<string, Uint8Array>): void => {
    if (named.size === 0) return;
    record.writeUInt16BE(record.readUInt16BE(2) | attributeFlags(named), 2);
    const put = new Map<string, EditedAttribute>();
    for (const [key, value] of named) put.set(key, attributeOf(model, memorySource(value), value));
    model.attributes.set(id, put);
  };
  const editor: VolumeEditor = {
    root: model.root,
    size: model.size,
    find: (path, from) => findItem(model, path, from === undefined ? model.root : own(from)),
    makeFolder(parent, name, contents = {}) {
      const stored = storedName(name);
      const folder = place(parent, stored);
      const named = namedAttributes(contents);
      const id = newId(model);
      const record = newRecord('folder', id, contents, model.now);
      if (model.countsFolders) record.writeUInt16BE(folderCountFlag, 2);
      putAttributes(id, record, named);
      return insert(model, folder, stored, { id, kind: 'folder', record });
    },
    putFile(parent, name, contents = {}) {
      const stored = storedName(name);
      const folder = place(parent, stored);
      const { data, resource } = contents;
      const named = namedAttributes(contents);
      const id = newId(model);
      const record = newRecord('file', id, contents, model.now);
      putAttributes(id, record, named);
      return insert(model, folder, stored, {
        id,
        kind: 'file',
        record,
        ...(data === undefined || data.size === 0 ? {} : { data: { source: data } }),
        ...(resource === undefined || resource.size === 0 ? {} : { resource: { source: resource } }),
      });
    },
    putSymlink: (parent, name, target, metadata = {}) =>
      editor.putFile(parent, name, {
        userInfo: Buffer.from('slnkrhap\0\0\0\0\0\0\0\0', 'latin1'),
        ...metadata,
        mode: 0o120000 | ((metadata.mode ?? 0o755) & 0o7777),
        data: memorySource(Buffer.from(target)),
      }),
    putHardLink(parent, name, to) {
      const stored = storedName(name);
      const folder = place(parent, stored);
      const file = own(to);
      const inode = inodeOf(model, file) ?? makeInode(model, file);
      return addLink(model, inode.item.kind, inode, folder, stored);
    },
    remove(entry) {
      removeItem(model, own(entry));
    },
    copyTree(from, entry, parent, name) {
      const stored = name === undefined ? checkedName(entry.name) : storedName(name);
      const folder = place(parent, stored);
      const inodes = copied.get(from) ?? new Map<number, never>();
      copied.set(from, inodes);
      return copyTree(model, from, inodes, entry, folder, stored);
    },
    bless({ folder, file, openFolder }) {
      const { finderInfo } = model;
      if (folder !== undefined) finderInfo[0] = finderInfo[5] = own(folder);
      if (file !== undefined) finderInfo[1] = own(file);
      if (openFolder !== undefined) finderInfo[2] = own(openFolder);
    },
    sizeNeeded() {
      finishRecords(model);
      return sizeNeeded(model, contentsOf(model));
    },
    bytesToCopy: () => contentsOf(model).pending.reduce((sum, { source }) => sum + source.size, 0),
    async commit(target, options) {
      if (done) throw new Failure('usage', 'the volume was written already; open it again');
      done = true;
      await commitVolume(model, target, options);
    },
  };
  return editor;
}

/** @throws Failure 'bad-name' */
function namedAttributes({ attributes }: FolderContents): Map<string, Uint8Array> {
  return new Map([...(attributes ?? [])].map(([key, value]) => [attributeName(key), value]));
}

function findItem(model: Model, path: string, from: Item): Item | undefined {
  return follow(path, from, model.fold, (item) => inodeOf(model, item)?.item ?? item);
}
