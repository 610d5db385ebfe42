import type { ByteSource } from '../../../base/index.ts';
import { memorySource } from '../../source/index.ts';
import { fieldsOf, type Entry } from '../catalog.ts';
import { hardLinkOf, journalNames, privateFolder } from '../hard-links.ts';
import { linkTarget, openAttribute, openFork, type HfsVolume } from '../open-volume.ts';
import type { ForkKind } from '../overflow.ts';
import { dataForkOffset, fileRecordSize, linkChainFlag, resourceForkOffset } from '../records.ts';
import { mostInline } from './layout/attribute-records.ts';
import { firstLinkName } from './model/chain.ts';
import { addInode, addLink } from './model/inodes.ts';
import { insert, newId } from './model/insert.ts';
import {
  attributeFlags,
  attributesFlag,
  childLinkFlag,
  folderCountFlag,
  securityFlag,
  threadFlag,
  withFields,
} from './model/metadata.ts';
import type { EditedAttribute, Inode, Item, Model, PendingFork } from './model/model.ts';

/** What has been copied from another volume so far that more links can lead to, by its id there. */
export type CopiedInodes = Map<number, Inode>;

/**
 * Copies an entry with everything in it: forks and attributes as they are stored, dates, owners, modes, flags; hard links
 * stay links to one inode.
 * @param copied is kept between copies from one volume
 */
export function copyTree(
  model: Model,
  from: HfsVolume,
  copied: CopiedInodes,
  entry: Entry,
  folder: Item,
  name: string,
): Item {
  const open: { readonly children: readonly Entry[]; readonly to: Item }[] = [];
  const later = (source: Entry, to: Item): void => {
    if (source.children !== undefined) open.push({ children: childrenToCopy(from, source), to });
  };
  const inodeFor = (target: Entry): Inode => {
    const present = copied.get(target.id);
    if (present !== undefined && present.links.size > 0) return present;
    const made = addInode(model, target.kind, contentOf(model, from, target));
    copied.set(target.id, made);
    later(target, made.item);
    return made;
  };
  const copy = (source: Entry, to: Item, as: string): Item => {
    const link = hardLinkOf(source);
    if (link !== undefined) {
      const target = linkTarget(from, source);
      return addLink(model, link.to, inodeFor(target), to, as);
    }
    const item = insert(model, to, as, { ...contentOf(model, from, source), kind: source.kind });
    later(source, item);
    return item;
  };
  const top = copy(entry, folder, name);
  for (let next = open.pop(); next !== undefined; next = open.pop())
    for (const child of next.children) copy(child, next.to, child.name);
  return top;
}

/** Not what is the other volume's own. */
function childrenToCopy({ catalog, journal }: HfsVolume, folder: Entry): Entry[] {
  const children = [...(folder.children?.values() ?? [])];
  if (folder !== catalog.root) return children;
  const own = new Set<string>([privateFolder.file, privateFolder.folder]);
  if (journal !== undefined) for (const name of journalNames) own.add(name);
  return children.filter(({ name }) => !own.has(name));
}

function contentOf(
  model: Model,
  from: HfsVolume,
  entry: Entry,
): Pick<Item, 'id' | 'record' | 'data' | 'resource'> {
  const id = newId(model);
  const fields = fieldsOf(entry);
  const attributes = copyAttributes(model, from, entry.id, id);
  const ours = linkChainFlag | attributesFlag | securityFlag | childLinkFlag | folderCountFlag;
  const kept = fields.flags & ~ours;
  const folder = entry.kind === 'folder';
  const flags =
    kept | attributeFlags(attributes) | (folder ? (model.countsFolders ? folderCountFlag : 0) : threadFlag);
  const counts = (fields.flags & folderCountFlag) !== 0;
  const inode = (fields.flags & linkChainFlag) !== 0;
  const record = withFields(entry.record, {
    id,
    flags,
    valence: 0,
    special: inode ? 1 : fields.special,
    folderCount: counts ? 0 : fields.folderCount,
  });
  if (fields.textEncoding < 64) model.encodings |= 1n << BigInt(fields.textEncoding);
  if (folder) return { id, record };
  record.fill(0, dataForkOffset, fileRecordSize);
  const data = forkToCopy(from, entry, 'data');
  const resource = forkToCopy(from, entry, 'resource');
  return {
    id,
    record,
    ...(data === undefined ? {} : { data }),
    ...(resource === undefined ? {} : { resource }),
  };
}

function forkToCopy(from: HfsVolume, entry: Entry, kind: ForkKind): PendingFork | undefined {
  const at = kind === 'data' ? dataForkOffset : resourceForkOffset;
  if (entry.record.readBigUInt64BE(at) === 0n) return undefined;
  return { source: openFork(from, entry, kind) };
}

/** @returns whether there are any */
function copyAttributes(
  model: Model,
  from: HfsVolume,
  source: number,
  to: number,
): ReadonlyMap<string, EditedAttribute> {
  const copies = new Map<string, EditedAttribute>();
  for (const [name, attribute] of from.attributes.get(source) ?? []) {
    if (name === firstLinkName) continue;
    const inline = attribute.kind === 'inline';
    copies.set(
      name,
      attributeOf(
        model,
        inline ? memorySource(attribute.data) : openAttribute(from, attribute),
        inline ? attribute.data : undefined,
      ),
    );
  }
  if (copies.size > 0) model.attributes.set(to, copies);
  return copies;
}

/** An attribute where it fits: in its record, else in a fork of its own. @param data all its bytes, where they are at hand */
export function attributeOf(model: Model, source: ByteSource, data: Uint8Array | undefined): EditedAttribute {
  const inline = data !== undefined && data.length <= mostInline(model.trees.attributes.header.nodeSize);
  return inline ? { kind: 'inline', data } : { kind: 'pending', fork: { source } };
}
