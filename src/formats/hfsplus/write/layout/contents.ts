import { blocksIn } from '../blocks/bitmap.ts';
import { overflowKey, type ForkKind } from '../../overflow.ts';
import { reservedId } from '../../records.ts';
import { catalogOrder, catalogRecords, type CatalogOrder } from './catalog-records.ts';
import type { OverflowList } from './extent-records.ts';
import { extentsOf, hasBlocks } from '../blocks/in-use.ts';
import type { Model, PendingFork } from '../model/model.ts';
import { layTree, type TreeLayout } from './tree-layout.ts';

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
  if (id === reservedId.startup) return blocksIn(model.header.startupFile.extents);
  const item = model.items.get(id);
  if (item === undefined || model.volume === undefined || !hasBlocks(item.record, fork)) return 0;
  const more = model.overflow.get(overflowKey(id, fork)) ?? [];
  return blocksIn(extentsOf(model.volume, item, fork)) - blocksIn(more);
}
