import { Failure } from '../../../base/index.ts';
import type { Extent } from '../fork.ts';
import { overflowKey, type ForkKind } from '../overflow.ts';
import { reservedId } from '../records.ts';
import { allocator, type Allocator } from './allocator.ts';
import { attributeRecords } from './attribute-records.ts';
import { freeRuns } from './bitmap.ts';
import { catalogOrder, catalogRecords, type CatalogOrder } from './catalog-records.ts';
import { extentRecords, type OverflowList } from './extent-records.ts';
import { blocksBehind, extentsOf, hasBlocks } from './in-use.ts';
import type { Model, PendingFork, TreeName } from './model.ts';
import { layTree, totalNodesFor, type TreeLayout } from './tree-layout.ts';
import { treeClump } from './tree-shapes.ts';
import type { TreePlace } from './tree-writer.ts';

/** Where everything goes in a volume of a given size. */
export interface Plan {
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

/** Blocks are counted in 32 bits. */
const mostBlocks = 0xffffffff;

/** The order and the layouts that do not depend on where anything goes. */
export interface Contents {
  readonly order: CatalogOrder;
  readonly catalog: TreeLayout;
  readonly pending: readonly PendingFork[];
  readonly present: readonly OverflowList[];
}

export function contentsOf(model: Model): Contents {
  const order = catalogOrder(model);
  const pending: PendingFork[] = [];
  const present: OverflowList[] = [];
  for (const item of order.items) {
    for (const kind of ['data', 'resource'] as const) {
      const fork = item[kind];
      if (fork !== undefined) pending.push(fork);
    }
    for (const attribute of model.attributes.get(item.id)?.values() ?? [])
      if (attribute.kind === 'pending') pending.push(attribute.fork);
  }
  for (const [key, more] of model.overflow) {
    const [number = '', fork = ''] = key.split('/');
    const id = Number(number);
    // Those of the trees and of the bitmap are made anew.
    if (id !== reservedId.badBlocks && id !== reservedId.startup && !model.items.has(id)) continue;
    const startBlock = firstEightOf(model, id, fork as ForkKind);
    present.push({ id, fork: fork as ForkKind, startBlock, extents: more });
  }
  const catalog = layTree(
    catalogRecords(order, ({ record }) => record),
    model.trees.catalog.header.nodeSize,
  );
  return { order, catalog, pending, present };
}

/** How many blocks of a present fork are in the extents beside the overflow file. */
function firstEightOf(model: Model, id: number, fork: ForkKind): number {
  const sum = (extents: readonly Extent[]): number =>
    extents.reduce((all, { blockCount }) => all + blockCount, 0);
  if (id === reservedId.startup) return sum(model.header.startupFile.extents);
  const item = model.items.get(id);
  if (item === undefined || model.volume === undefined || !hasBlocks(item.record, fork)) return 0;
  const more = model.overflow.get(overflowKey(id, fork)) ?? [];
  return sum(extentsOf(model.volume, item, fork)) - sum(more);
}

/**
 * Finds a place for everything in a volume of `size` bytes; nothing is written.
 * @throws Failure 'too-large' when there would be more blocks than can be counted
 */
export function planVolume(model: Model, contents: Contents, size: number): Plan | Shortage {
  const generous = planOnce(model, contents, { size, generous: true });
  return 'short' in generous ? planOnce(model, contents, { size, generous: false }) : generous;
}

/** How many blocks more a volume of `size` bytes would have to have than before if nothing went where it was free. */
export function blocksGained(model: Model, contents: Contents, size: number): number {
  const plan = planOnce(model, contents, { size, generous: true, unlimited: true });
  if ('short' in plan) throw new Failure('too-large', 'more than 2^32 blocks would be needed');
  return blocksIn(plan.taken);
}

interface Want {
  readonly size: number;
  /** Trees that have to grow get room for more than they need now, as Apple's do. */
  readonly generous: boolean;
  /** All goes behind the volume's old end, as if there were no new one. */
  readonly unlimited?: boolean;
}

function planOnce(model: Model, contents: Contents, want: Want): Plan | Shortage {
  const { size, generous, unlimited = false } = want;
  const { blockSize } = model.header;
  const totalBlocks = Math.floor(size / blockSize);
  if (totalBlocks > mostBlocks)
    throw new Failure('too-large', `a volume of ${size} bytes has more than 2^32 blocks of ${blockSize}`, {
      hint: 'larger blocks make larger volumes',
    });
  const gained = Math.max(0, totalBlocks - blocksBehind(blockSize) - model.totalBlocks);
  const tail = { startBlock: model.totalBlocks, blockCount: unlimited ? mostBlocks : gained };
  const runs = unlimited ? [] : freeRuns(model.inUse, model.totalBlocks);

  // The extents file's own size depends on how much is in pieces, which depends on the room it leaves.
  for (let extentNodes = 0; ;) {
    const room = allocator(runs, tail);
    const draft = draftPlan(model, contents, { size, totalBlocks, generous, extentNodes }, room);
    if ('short' in draft) return draft;
    const needed = draft.trees.extents.layout.nodes;
    if (needed <= extentNodes) return draft;
    extentNodes = needed;
  }
}

interface Wish {
  readonly size: number;
  readonly totalBlocks: number;
  readonly generous: boolean;
  readonly extentNodes: number;
}

function draftPlan(model: Model, contents: Contents, wish: Wish, room: Allocator): Plan | Shortage {
  const { blockSize } = model.header;
  const { size, totalBlocks } = wish;
  const taken: Extent[] = [];
  const freed: Extent[] = [...model.freed];
  const available = room.free;
  let wanted = 0;
  let short = 0;
  const allocate = (count: number): Extent[] => {
    wanted += count;
    const extents = room.allocate(count);
    if (extents === undefined) short = Math.max(1, wanted - available);
    else for (const each of extents) taken.push(each);
    return extents ?? [];
  };
  const grow = (present: readonly Extent[], count: number): Extent[] => {
    const has = blocksIn(present);
    return count <= has ? [...present] : joined([...present, ...allocate(count - has)]);
  };
  const bitmapExtents = grow(model.bitmapExtents, Math.ceil(Math.ceil(totalBlocks / 8) / blockSize));

  const treeExtents = (name: TreeName, nodes: number): Extent[] => {
    const { header, extents } = model.trees[name];
    const least = totalNodesFor(nodes, header.nodeSize) * header.nodeSize;
    const has = blocksIn(extents) * blockSize;
    if (least <= has) return [...extents];
    const clump = wish.generous ? treeClump(name, header.nodeSize, blockSize, size) : header.nodeSize;
    const bytes = Math.ceil(least / clump) * clump;
    const count = Math.ceil(bytes / blockSize);
    if (name !== 'extents') return grow(extents, count);
    // The extents file has no more than eight extents, all in the header.
    if (extents.length >= 8) freed.push(...extents);
    const list = extents.length >= 8 ? allocate(count) : grow(extents, count);
    if (list.length > 8) short = Math.max(1, short);
    return list;
  };
  const places = new Map<PendingFork, Extent[]>();
  const placeOf = (fork: PendingFork): Extent[] => places.get(fork) ?? [];
  const extents = treeExtents('extents', wish.extentNodes);
  const catalog = treeExtents('catalog', contents.catalog.nodes);
  for (const fork of contents.pending) places.set(fork, []);
  const attributesNode = model.trees.attributes.header.nodeSize;
  const before = layTree(attributeRecords(model.attributes, placeOf), attributesNode);
  const has =
    before.leafRecords > 0 || model.trees.attributes.extents.length > 0 || model.volume === undefined;
  let attributes = has ? treeExtents('attributes', before.nodes) : [];
  for (const fork of contents.pending) places.set(fork, allocate(Math.ceil(fork.source.size / blockSize)));
  if (short > 0) return { short };
  const layout = layTree(attributeRecords(model.attributes, placeOf), attributesNode);
  if (layout.nodes > before.nodes) {
    const more = totalNodesFor(layout.nodes, attributesNode) * attributesNode;
    attributes = grow(attributes, Math.ceil(more / blockSize));
    if (short > 0) return { short };
  }

  const overflow = [...contents.present];
  const keep = (id: number, fork: ForkKind, list: readonly Extent[]): void => {
    if (list.length > 8)
      overflow.push({ id, fork, startBlock: blocksIn(list.slice(0, 8)), extents: list.slice(8) });
  };
  keep(reservedId.allocation, 'data', bitmapExtents);
  keep(reservedId.catalog, 'data', catalog);
  keep(reservedId.attributes, 'data', attributes);
  for (const item of contents.order.items)
    for (const kind of ['data', 'resource'] as const) {
      const fork = item[kind];
      if (fork !== undefined) keep(item.id, kind, placeOf(fork));
    }
  const place = (name: TreeName, list: readonly Extent[], own: TreeLayout): TreePlace => {
    const { header } = model.trees[name];
    const clumpSize =
      header.clumpSize === 0 ? treeClump(name, header.nodeSize, blockSize, size) : header.clumpSize;
    return {
      header: { ...header, clumpSize },
      extents: list,
      totalNodes: Math.floor((blocksIn(list) * blockSize) / header.nodeSize),
      layout: own,
    };
  };
  const extentsLayout = layTree(extentRecords(overflow), model.trees.extents.header.nodeSize);
  return {
    size,
    totalBlocks,
    order: contents.order,
    places,
    bitmapExtents,
    trees: {
      extents: place('extents', extents, extentsLayout),
      catalog: place('catalog', catalog, contents.catalog),
      attributes: place('attributes', attributes, layout),
    },
    overflow,
    taken,
    freed,
  };
}

export function blocksIn(extents: readonly Extent[]): number {
  return extents.reduce((sum, { blockCount }) => sum + blockCount, 0);
}

/** Runs that follow one another as one. */
function joined(extents: readonly Extent[]): Extent[] {
  const list: Extent[] = [];
  for (const each of extents) {
    const last = list.at(-1);
    if (last !== undefined && last.startBlock + last.blockCount === each.startBlock)
      list.splice(-1, 1, { startBlock: last.startBlock, blockCount: last.blockCount + each.blockCount });
    else list.push(each);
  }
  return list;
}
