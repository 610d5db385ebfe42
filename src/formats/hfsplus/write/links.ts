import { Failure } from '../../../base/index.ts';
import { fieldsOf } from '../catalog.ts';
import { hardLinkOf, linkedName, privateFolder } from '../hard-links.ts';
import { linkChainFlag } from '../records.ts';
import { insert, newId } from './insert.ts';
import { folderCountFlag, newRecord, withFields } from './metadata.ts';
import type { Inode, Item, Model } from './model.ts';

/** UF_IMMUTABLE, so that systems that do not know hard links leave them alone. */
const immutable = 0x02;
/** Finder flags: invisible, its name locked; in the corner where the Finder puts such folders. */
const hidden = Buffer.from('00000000000000005000400040000000', 'hex');
/** Type, creator and the Finder flag "has been inited" of a file's hard link. */
const linkMark = Buffer.from('686c6e6b6866732b0100000000000000', 'hex');

/** The inode that a hard link leads to. @returns undefined when the entry is none, or leads nowhere */
export function inodeOf(model: Model, item: Item): Inode | undefined {
  const link = hardLinkOf(item);
  return link === undefined ? undefined : model.inodes[link.to].get(link.number);
}

/** The root's private folder that the files behind hard links are in; made when it is missing. */
export function privateFolderOf(model: Model, to: 'file' | 'folder'): Item {
  const name = privateFolder[to];
  const present = model.root.children?.get(model.fold(name));
  if (present?.children !== undefined) return present;
  const created = model.root.record.readUInt32BE(12);
  const id = newId(model);
  const record = withFields(newRecord('folder', id, {}, created), {
    flags: folderCountFlag,
    mode: to === 'file' ? 0o040000 : 0o041555,
    ownerFlags: immutable,
    userInfo: hidden,
  });
  return insert(model, model.root, name, { id, kind: 'folder', record });
}

/** Moves a file's bytes behind a hard link that takes its place. @returns the inode; `item` is its first link then */
export function makeInode(model: Model, item: Item): Inode {
  if (item.kind !== 'file')
    throw new Failure('usage', `"${item.name}" is a folder: only files get hard links`);
  const folder = privateFolderOf(model, 'file');
  const { id, record, data, resource } = item;
  model.items.delete(id);
  const inode = insert(model, folder, `${linkedName.file}${id}`, {
    id,
    kind: 'file',
    record: withFields(record, { flags: fieldsOf({ record }).flags | linkChainFlag }),
    ...(data === undefined ? {} : { data }),
    ...(resource === undefined ? {} : { resource }),
  });
  item.id = newId(model);
  model.items.set(item.id, item);
  delete item.data;
  delete item.resource;
  item.record = linkRecord(item.id, id, folder.record);
  const made: Inode = { number: id, item: inode, links: [item], changed: true };
  model.inodes.file.set(id, made);
  return made;
}

/** A link's record; its chain is made when all is known. @param folder record of the private folder, whose date links have */
export function linkRecord(id: number, number: number, folder: Buffer): Buffer {
  const made = newRecord(
    'file',
    id,
    { mode: 0o100444, ownerFlags: immutable, userInfo: linkMark },
    folder.readUInt32BE(12),
  );
  return withFields(made, { special: number, flags: 0x02 | linkChainFlag });
}

/** Numbers the links of what has changed: each names the one before and the one after it, the file the first. */
export function chainLinks({ inodes }: Pick<Model, 'inodes'>): void {
  for (const { item, links, changed } of inodes.file.values()) {
    if (!changed) continue;
    links.forEach((link, index) => {
      link.record = withFields(link.record, {
        flags: fieldsOf(link).flags | linkChainFlag,
        owner: links[index - 1]?.id ?? 0,
        group: links[index + 1]?.id ?? 0,
      });
    });
    item.record = withFields(item.record, {
      flags: fieldsOf(item).flags | linkChainFlag,
      valence: links[0]?.id ?? 0,
      special: links.length,
    });
  }
}
