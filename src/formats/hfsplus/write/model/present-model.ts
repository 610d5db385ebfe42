import { FormatError } from '../../../../base/index.ts';
import type { Entry } from '../../catalog.ts';
import { fieldsOf } from '../../catalog.ts';
import { hardLinkOf, linkedName, privateFolder } from '../../hard-links.ts';
import type { HfsVolume } from '../../open-volume.ts';
import type { Tree } from '../../tree.ts';
import { forkExtents, type Extent } from '../../fork.ts';
import { overflowKey } from '../../overflow.ts';
import { reservedId } from '../../records.ts';
import { hfsPlusName, volumeAttribute, type ForkData } from '../../volume-header.ts';
import { blocksInUse } from '../blocks/in-use.ts';
import { folderCountFlag } from './metadata.ts';
import type { EditedAttribute, Inode, Item, Model, TreeName, TreeShape } from './model.ts';
import { newTree } from './tree-shapes.ts';
import { nodeUse } from './used-nodes.ts';

const idsReused = 1 << 12;

/**
 * A volume as it is, ready to be edited. @param now seconds since 1904
 * @throws FormatError when it says itself that it is damaged, or its blocks are not those its forks have
 */
export async function presentModel(volume: HfsVolume, now: number): Promise<Model> {
  const { header, overflow, catalog } = volume;
  if ((header.attributes & volumeAttribute.inconsistent) !== 0)
    throw new FormatError('hfsplus', 'the volume says that it is damaged; it must be repaired first', {
      offset: 1024 + 4,
    });
  const { inUse, bitmapExtents } = await blocksInUse(volume);
  const items = new Map<number, Item>();
  for (const entry of catalog.entries.values())
    items.set(entry.id, {
      id: entry.id,
      kind: entry.kind,
      name: entry.name,
      parent: undefined,
      children: entry.kind === 'folder' ? new Map() : undefined,
      record: entry.record,
      present: true,
    });
  const root = items.get(reservedId.root);
  if (root === undefined) throw new FormatError('hfsplus', 'the catalog has no root folder');
  for (const entry of catalog.entries.values())
    for (const [key, child] of entry.children ?? []) {
      const item = items.get(child.id);
      if (item === undefined) continue;
      item.parent = items.get(entry.id);
      item.parent?.children?.set(key, item);
    }
  const attributes = new Map<number, Map<string, EditedAttribute>>();
  for (const [id, own] of volume.attributes) attributes.set(id, new Map(own));
  const shape = async (
    name: TreeName,
    tree: Tree | undefined,
    fork: ForkData,
    id: number,
  ): Promise<TreeShape> => {
    if (tree === undefined) return newTree(name, volume.source.size, false);
    const list: Extent[] = overflow.get(overflowKey(id, 'data')) ?? [];
    const { header: fresh } = newTree(name, volume.source.size, false);
    const { nodeSize, keyCompareType, clumpSize } = tree.header;
    return {
      // Smaller nodes than Apple's could not hold every key there may be.
      header: { ...fresh, nodeSize: Math.max(nodeSize, 4096), keyCompareType, clumpSize },
      extents: forkExtents(fork, list, header, `the ${name} file`, 1024),
      ...(nodeSize >= 4096 && { use: await nodeUse(tree) }),
    };
  };
  const model: Model = {
    volume,
    header,
    size: sizeOf(volume),
    totalBlocks: header.totalBlocks,
    inUse,
    trees: {
      extents: await shape('extents', volume.trees.extents, header.extentsFile, reservedId.extents),
      catalog: await shape('catalog', volume.trees.catalog, header.catalogFile, reservedId.catalog),
      attributes: await shape(
        'attributes',
        volume.trees.attributes,
        header.attributesFile,
        reservedId.attributes,
      ),
    },
    bitmapExtents,
    root,
    fold: catalog.fold,
    // mkfs.hfsplus forgets the flag on the root of its HFSX volumes, where every folder has it.
    countsFolders:
      hfsPlusName(header.signature) === 'HFSX' || (root.record.readUInt16BE(2) & folderCountFlag) !== 0,
    items,
    attributes,
    overflow: new Map(overflow),
    inodes: { file: new Map(), folder: new Map() },
    freed: [],
    now,
    nextId: nextIdOf(volume),
    idsReused: (header.attributes & idsReused) !== 0,
    finderInfo: [...header.finderInfo],
    encodings: header.encodings,
  };
  findInodes(model, catalog.entries.values());
  return model;
}

/** Beyond all ids there are, unless they have been used up once. */
function nextIdOf({ header, catalog }: HfsVolume): number {
  let next = header.nextCatalogId;
  if ((header.attributes & idsReused) === 0)
    for (const id of catalog.entries.keys()) if (id >= next) next = id + 1;
  return next;
}

/** In bytes: to the end of what holds the volume when no whole block more would fit, else to its last block's. */
function sizeOf({ header, source }: HfsVolume): number {
  const own = header.totalBlocks * header.blockSize;
  return source.size - own < header.blockSize ? source.size - (source.size % 512) : own;
}

function findInodes(model: Model, entries: Iterable<Entry>): void {
  const links = new Map<string, Item[]>();
  for (const entry of entries) {
    const link = hardLinkOf(entry);
    const item = model.items.get(entry.id);
    if (link === undefined || item === undefined) continue;
    const key = `${link.to}/${link.number}`;
    const list = links.get(key) ?? [];
    links.set(key, list);
    list.push(item);
  }
  for (const to of ['file', 'folder'] as const) {
    const folder = model.root.children?.get(model.fold(privateFolder[to]));
    for (const item of folder?.children?.values() ?? []) {
      const number = item.name.startsWith(linkedName[to])
        ? Number(item.name.slice(linkedName[to].length))
        : NaN;
      if (!Number.isInteger(number) || item.kind !== to) continue;
      const inode: Inode = {
        number,
        item,
        links: new Set(inChain(links.get(`${to}/${number}`) ?? [])),
        changed: false,
      };
      model.inodes[to].set(number, inode);
    }
  }
}

/** Links from the first to the last, where each names the one before and the one after it; else as they come. */
function inChain(links: Item[]): Item[] {
  const byId = new Map(links.map((link) => [link.id, link]));
  const chain: Item[] = [];
  let next = links.find((link) => fieldsOf(link).owner === 0);
  while (next !== undefined && chain.length < links.length) {
    chain.push(next);
    next = byId.get(fieldsOf(next).group);
  }
  return new Set(chain).size === links.length ? chain : links;
}
