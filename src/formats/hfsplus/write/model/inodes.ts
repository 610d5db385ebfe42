import { Failure } from '../../../../base/index.ts';
import { memorySource } from '../../../source/index.ts';
import { fieldsOf } from '../../catalog.ts';
import { hardLinkOf, linkedName, privateFolder } from '../../hard-links.ts';
import { pathName } from '../../name.ts';
import { linkChainFlag } from '../../records.ts';
import { dirlinkAlias } from './alias.ts';
import { insert, newId } from './insert.ts';
import { folderCountFlag, newRecord, threadFlag, withFields } from './metadata.ts';
import type { Inode, Item, Model } from './model.ts';

export type LinkKind = 'file' | 'folder';

/** UF_IMMUTABLE, so that systems that do not know hard links leave them alone. */
const immutable = 0x02;
/** Finder flags: invisible, its name locked; in the corner where the Finder puts such folders. */
const hidden = Buffer.from('00000000000000005000400040000000', 'hex');
/** Of hard links: type, creator and Finder flags; those of folders are aliases to systems that do not know them. */
const marks: Readonly<Record<LinkKind, Buffer>> = {
  file: Buffer.from('686c6e6b6866732b0100000000000000', 'hex'),
  folder: Buffer.from('666472704d4143538000000000000000', 'hex'),
};

/** The inode that a hard link leads to. @returns undefined when the entry is not a hard link, or leads nowhere */
export function inodeOf(model: Model, item: Item): Inode | undefined {
  const link = hardLinkOf(item);
  return link === undefined ? undefined : model.inodes[link.to].get(link.number);
}

/** The folder that an entry is or leads to. @throws Failure 'usage' when it is not one */
export function folderOf(model: Model, item: Item): Item {
  const folder = inodeOf(model, item)?.item ?? item;
  if (folder.kind !== 'folder') throw new Failure('usage', `"${pathName(item.name)}" is not a folder`);
  return folder;
}

/** The root's private folder that the inodes of hard links are in; made when it is missing. */
export function privateFolderOf(model: Model, to: LinkKind): Item {
  const name = privateFolder[to];
  const present = model.root.children?.get(model.fold(name));
  if (present?.children !== undefined) return present;
  const id = newId(model);
  const record = withFields(newRecord('folder', id, {}, linkDate(model)), {
    flags: folderCountFlag,
    mode: to === 'file' ? 0o040000 : 0o041555,
    ownerFlags: immutable,
    userInfo: hidden,
  });
  return insert(model, model.root, name, { id, kind: 'folder', record });
}

/** The date by which a link is known as one: the private folder's own, or the root's. */
function linkDate({ root, fold }: Model): number {
  const folder = root.children?.get(fold(privateFolder.file)) ?? root;
  return folder.record.readUInt32BE(12);
}

/** Moves a file's bytes behind a hard link that takes its place. @returns the inode; `item` is its first link then */
export function makeInode(model: Model, item: Item): Inode {
  if (item.kind !== 'file')
    throw new Failure('usage', `"${pathName(item.name)}" is a folder: only files get hard links`);
  const { id, record, data, resource } = item;
  model.items.delete(id);
  item.id = newId(model);
  model.items.set(item.id, item);
  const inode = addInode(model, 'file', {
    id,
    record,
    ...(data === undefined ? {} : { data }),
    ...(resource === undefined ? {} : { resource }),
  });
  delete item.data;
  delete item.resource;
  item.record = linkRecord(model, item.id, 'file', inode.number);
  inode.links.add(item);
  return inode;
}

/** Puts a file or folder where hard links can lead to it; it has none yet. */
export function addInode(
  model: Model,
  to: LinkKind,
  content: Pick<Item, 'id' | 'record' | 'data' | 'resource'>,
): Inode {
  const folder = privateFolderOf(model, to);
  const { flags } = fieldsOf(content);
  const item = insert(model, folder, `${linkedName[to]}${content.id}`, {
    ...content,
    kind: to,
    record: withFields(content.record, { flags: flags | linkChainFlag }),
  });
  const inode: Inode = { number: item.id, item, links: new Set(), changed: true };
  model.inodes[to].set(inode.number, inode);
  return inode;
}

/** Adds a hard link. @throws Failure when the folder cannot have one of that name */
export function addLink(model: Model, to: LinkKind, inode: Inode, folder: Item, name: string): Item {
  const id = newId(model);
  const link = insert(model, folder, name, {
    id,
    kind: 'file',
    record: linkRecord(model, id, to, inode.number),
  });
  if (to === 'folder') {
    const alias = dirlinkAlias({
      volumeCreated: model.header.createDate,
      parent: privateFolderOf(model, 'folder').id,
      target: inode.number,
    });
    link.resource = { source: memorySource(alias) };
  }
  inode.links.add(link);
  inode.changed = true;
  return link;
}

/** A link's record; its chain is made when all is known. */
function linkRecord(model: Model, id: number, to: LinkKind, number: number): Buffer {
  const metadata = { mode: 0o100444, ownerFlags: immutable, userInfo: marks[to] };
  const record = newRecord('file', id, metadata, linkDate(model));
  return withFields(record, { special: number, flags: threadFlag | linkChainFlag });
}
