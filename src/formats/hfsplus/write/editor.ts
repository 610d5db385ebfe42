import { Failure, type ByteSource, type ByteTarget } from '../../../base/index.ts';
import { memorySource } from '../../source/index.ts';
import { pathParts } from '../find.ts';
import { decompose } from '../name.ts';
import type { HfsVolume } from '../open-volume.ts';
import { mostInline } from './attribute-records.ts';
import { commitVolume, type CommitOptions } from './commit.ts';
import { finishRecords } from './finish.ts';
import { insert, freeKey, newId } from './insert.ts';
import { inodeOf, linkRecord, makeInode } from './links.ts';
import { attributesFlag, hfsDate, newRecord, type Metadata } from './metadata.ts';
import type { EditedAttribute, EditedEntry, Item, Model } from './model.ts';
import { newModel, type NewVolumeOptions } from './new-model.ts';
import { contentsOf } from './plan.ts';
import { presentModel } from './present-model.ts';
import { removeItem } from './remove.ts';
import { sizeNeeded } from './size-needed.ts';
import { storedName } from './stored-name.ts';

export interface FileContents extends Metadata {
  readonly data?: ByteSource;
  readonly resource?: ByteSource;
  readonly attributes?: ReadonlyMap<string, Uint8Array>;
}

/** A volume in memory: it is changed there, and written by `commit`, once. Names are parts of paths: ":" is stored as "/". */
export interface VolumeEditor {
  readonly root: EditedEntry;
  /** By a path like "System/Library"; hard links to folders are followed, symbolic links are not. */
  find(path: string): EditedEntry | undefined;
  makeFolder(parent: EditedEntry, name: string, metadata?: Metadata): EditedEntry;
  /** The sources are read by `commit`. */
  putFile(parent: EditedEntry, name: string, contents?: FileContents): EditedEntry;
  putSymlink(parent: EditedEntry, name: string, target: string, metadata?: Metadata): EditedEntry;
  /** Another name for a file. */
  putHardLink(parent: EditedEntry, name: string, to: EditedEntry): EditedEntry;
  /** With everything in it; a file with more links keeps its bytes. */
  remove(entry: EditedEntry): void;
  /** Bytes the volume must have so that everything fits. */
  sizeNeeded(): number;
  /** @throws Failure 'no-space' before anything is written when the size is too small */
  commit(target: ByteTarget, options: CommitOptions): Promise<void>;
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
  const own = (entry: EditedEntry): Item => {
    if (done) throw new Failure('usage', 'the volume has been written; open it again');
    const item = model.items.get(entry.id);
    if (item !== entry) throw new Failure('usage', `"${entry.name}" is not in this volume`);
    return item;
  };
  const putAttribute = (item: Item, name: string, data: Uint8Array): void => {
    const stored = decompose(name);
    if (stored.length === 0 || stored.length > 127)
      throw new Failure('bad-name', `an attribute cannot have the name "${name}"`);
    const inline = data.length <= mostInline(model.trees.attributes.header.nodeSize);
    const attribute: EditedAttribute = inline
      ? { kind: 'inline', data }
      : { kind: 'pending', fork: { source: memorySource(data) } };
    const all = model.attributes.get(item.id) ?? new Map<string, EditedAttribute>();
    model.attributes.set(item.id, all);
    all.set(stored, attribute);
    item.record.writeUInt16BE(item.record.readUInt16BE(2) | attributesFlag, 2);
  };
  const putFile = (parent: EditedEntry, name: string, contents: FileContents = {}): Item => {
    const folder = own(parent);
    const stored = storedName(name);
    freeKey(model, folder, stored);
    const id = newId(model);
    const { data, resource, attributes } = contents;
    const item = insert(model, folder, stored, {
      id,
      kind: 'file',
      record: newRecord('file', id, contents, model.now),
      ...(data === undefined ? {} : { data: { source: data } }),
      ...(resource === undefined ? {} : { resource: { source: resource } }),
    });
    for (const [key, value] of attributes ?? []) putAttribute(item, key, value);
    return item;
  };
  return {
    root: model.root,
    find(path) {
      let item: Item = model.root;
      for (const part of pathParts(path)) {
        const folder = inodeOf(model, item)?.item ?? item;
        const stored = part.replaceAll(':', '/').replaceAll('\u2400', '\0');
        const next =
          folder.children?.get(model.fold(decompose(stored))) ?? folder.children?.get(model.fold(stored));
        if (next === undefined) return undefined;
        item = next;
      }
      return item;
    },
    makeFolder(parent, name, metadata = {}) {
      const folder = own(parent);
      const stored = storedName(name);
      freeKey(model, folder, stored);
      const id = newId(model);
      const record = newRecord('folder', id, metadata, model.now);
      if (model.countsFolders) record.writeUInt16BE(0x10, 2);
      return insert(model, folder, stored, { id, kind: 'folder', record });
    },
    putFile,
    putSymlink: (parent, name, target, metadata = {}) =>
      putFile(parent, name, {
        userInfo: Buffer.from('slnkrhap\0\0\0\0\0\0\0\0', 'latin1'),
        ...metadata,
        mode: 0o120000 | ((metadata.mode ?? 0o755) & 0o7777),
        data: memorySource(Buffer.from(target)),
      }),
    putHardLink(parent, name, to) {
      const folder = own(parent);
      const stored = storedName(name);
      freeKey(model, folder, stored);
      const file = own(to);
      const inode = inodeOf(model, file) ?? makeInode(model, file);
      const id = newId(model);
      const holder = inode.item.parent ?? model.root;
      const link = insert(model, folder, stored, {
        id,
        kind: 'file',
        record: linkRecord(id, inode.number, holder.record),
      });
      inode.links.unshift(link);
      inode.changed = true;
      return link;
    },
    remove(entry) {
      removeItem(model, own(entry));
    },
    sizeNeeded() {
      finishRecords(model);
      return sizeNeeded(model, contentsOf(model));
    },
    async commit(target, options) {
      if (done) throw new Failure('usage', 'the volume has been written; open it again');
      done = true;
      await commitVolume(model, target, options);
    },
  };
}
