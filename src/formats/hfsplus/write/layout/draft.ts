import type { Extent } from '../../fork.ts';
import type { ForkKind } from '../../overflow.ts';
import { reservedId } from '../../records.ts';
import { attributeRecords } from './attribute-records.ts';
import { blocksIn } from '../blocks/bitmap.ts';
import type { CatalogOrder } from './catalog-records.ts';
import type { Contents } from './contents.ts';
import { extentRecords, type OverflowList } from './extent-records.ts';
import type { Model, PendingFork, TreeName } from '../model/model.ts';
import type { Room } from '../blocks/room.ts';
import { layTree, totalNodesFor, type TreeLayout } from './tree-layout.ts';
import { treeClump } from '../model/tree-shapes.ts';
import type { NodeUse } from '../model/used-nodes.ts';
import type { TreePlace } from './tree-writer.ts';

/** Where everything goes in a volume of a given size. */
export interface LayoutPlan {
  /** In bytes. */
  readonly size: number;
  readonly totalBlocks: number;
  readonly order: CatalogOrder;
  readonly places: ReadonlyMap<PendingFork, readonly Extent[]>;
  readonly bitmapExtents: readonly Extent[];
  readonly trees: Readonly<Record<TreeName, TreePlace>>;
  readonly overflow: readonly OverflowList[];
  /** Blocks that are newly in use, and those that no longer are. */
  readonly taken: readonly Extent[];
  readonly freed: readonly Extent[];
}

/** How many blocks are missing. */
export interface Shortage {
  readonly short: number;
}

export interface Draft {
  readonly size: number;
  readonly totalBlocks: number;
  readonly generous: boolean;
  /** How many nodes the extents file is given beside its header. */
  readonly extentNodes: number;
}

/** What a fork has in its record or in the header; the extents file has no more at all. */
const extentsInHeader = 8;

/** Gives everything a place: first what holds the volume together, then the files in the order of their ids. */
export function draftPlan(model: Model, contents: Contents, draft: Draft, room: Room): LayoutPlan | Shortage {
  const { blockSize } = model.header;
  const { size, totalBlocks } = draft;
  const freed = [...model.freed];
  const bitmapExtents = room.grow(model.bitmapExtents, Math.ceil(Math.ceil(totalBlocks / 8) / blockSize));
  const extents = extentsFile(model, draft, room, freed);
  const catalog = treeExtents(model, 'catalog', contents.catalog.nodes, draft, room);

  const places = new Map<PendingFork, Extent[]>(contents.pending.map((fork) => [fork, []]));
  const placeOf = (fork: PendingFork): Extent[] => places.get(fork) ?? [];
  const layAttributes = (): TreeLayout =>
    layTree(attributeRecords(model.attributes, placeOf), model.trees.attributes.header.nodeSize);
  const before = layAttributes();
  // A volume that never had attributes needs no file for them.
  const has = before.nodes > 0 || model.trees.attributes.extents.length > 0 || model.volume === undefined;
  let attributes = has ? treeExtents(model, 'attributes', before.nodes, draft, room) : [];
  for (const fork of contents.pending)
    places.set(fork, room.allocate(Math.ceil(fork.source.size / blockSize)));
  const attributesLayout = layAttributes();
  if (attributesLayout.nodes > before.nodes) {
    // Attributes in many pieces have records of their own.
    const { nodeSize } = model.trees.attributes.header;
    const bytes = totalNodesFor(attributesLayout.nodes, nodeSize) * nodeSize;
    attributes = room.grow(attributes, Math.ceil(bytes / blockSize));
  }
  if (room.short > 0) return { short: room.short };

  const overflow = [
    ...contents.present,
    ...overflowOf(reservedId.allocation, 'data', bitmapExtents),
    ...overflowOf(reservedId.catalog, 'data', catalog),
    ...overflowOf(reservedId.attributes, 'data', attributes),
    ...contents.order.items.flatMap(({ id, data, resource }) => [
      ...(data === undefined ? [] : overflowOf(id, 'data', placeOf(data))),
      ...(resource === undefined ? [] : overflowOf(id, 'resource', placeOf(resource))),
    ]),
  ];
  const extentsLayout = layTree(extentRecords(overflow), model.trees.extents.header.nodeSize);
  const place = (name: TreeName, list: readonly Extent[], layout: TreeLayout): TreePlace => {
    const { header } = model.trees[name];
    const { nodeSize } = header;
    const clumpSize = header.clumpSize === 0 ? treeClump(name, nodeSize, blockSize, size) : header.clumpSize;
    const totalNodes = Math.floor((blocksIn(list) * blockSize) / nodeSize);
    const stays = list[0]?.startBlock === model.trees[name].extents[0]?.startBlock;
    const free = stays ? freeNodes(model.trees[name].use) : undefined;
    return { header: { ...header, clumpSize }, extents: list, totalNodes, layout, free };
  };
  return {
    size,
    totalBlocks,
    order: contents.order,
    places,
    bitmapExtents,
    trees: {
      extents: place('extents', extents, extentsLayout),
      catalog: place('catalog', catalog, contents.catalog),
      attributes: place('attributes', attributes, attributesLayout),
    },
    overflow,
    taken: room.taken,
    freed,
  };
}

/** Nodes that were free before and so are zeros already: from this one up to, but not with, that one. */
function freeNodes(use: NodeUse | undefined): TreePlace['free'] {
  return use === undefined ? undefined : { from: use.freeFrom, to: use.totalNodes };
}

/** How many blocks a tree is to have. */
function treeBlocks(model: Model, name: TreeName, nodes: number, draft: Draft): number {
  const { blockSize } = model.header;
  const { header, extents } = model.trees[name];
  const least = totalNodesFor(nodes, header.nodeSize) * header.nodeSize;
  const present = blocksIn(extents);
  if (least <= present * blockSize) return present;
  const clump = draft.generous ? treeClump(name, header.nodeSize, blockSize, draft.size) : header.nodeSize;
  return Math.ceil((Math.ceil(least / clump) * clump) / blockSize);
}

function treeExtents(model: Model, name: TreeName, nodes: number, draft: Draft, room: Room): Extent[] {
  return room.grow(model.trees[name].extents, treeBlocks(model, name, nodes, draft));
}

/** The extents file moves when it has to grow and has all the extents it may have. */
function extentsFile(model: Model, draft: Draft, room: Room, freed: Extent[]): Extent[] {
  const { extents } = model.trees.extents;
  const count = treeBlocks(model, 'extents', draft.extentNodes, draft);
  const moves = extents.length >= extentsInHeader && count > blocksIn(extents);
  if (moves) freed.push(...extents);
  const list = moves ? room.allocate(count) : room.grow(extents, count);
  if (list.length > extentsInHeader) room.refuse();
  return list;
}

function overflowOf(id: number, fork: ForkKind, extents: readonly Extent[]): OverflowList[] {
  if (extents.length <= extentsInHeader) return [];
  const startBlock = blocksIn(extents.slice(0, extentsInHeader));
  return [{ id, fork, startBlock, extents: extents.slice(extentsInHeader) }];
}
