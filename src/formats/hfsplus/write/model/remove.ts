import { Failure } from '../../../../base/index.ts';
import { journalNames, privateFolder } from '../../hard-links.ts';
import { pathName } from '../../name.ts';
import { overflowKey } from '../../overflow.ts';
import { extentsOf, hasBlocks } from '../blocks/in-use.ts';
import { inodeOf } from './inodes.ts';
import { touch } from './insert.ts';
import type { Item, Model } from './model.ts';

/** Takes an entry out, with all that is in it. @throws Failure 'in-use' when the volume needs it */
export function removeItem(model: Model, item: Item): void {
  const { parent } = item;
  if (parent === undefined) throw new Failure('usage', `"${pathName(item.name)}" cannot be removed`);
  refuseNeeded(model, item);
  const open = [item];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const last = unlink(model, next);
    if (last !== undefined) open.push(last);
    for (const child of next.children?.values() ?? []) open.push(child);
    forget(model, next);
  }
  touch(model, parent);
}

/** Takes a hard link out of its chain. @returns what was behind it, when it was the last */
function unlink(model: Model, link: Item): Item | undefined {
  const inode = inodeOf(model, link);
  if (inode?.links.delete(link) !== true) return undefined;
  inode.changed = true;
  if (inode.links.size > 0) return undefined;
  model.inodes[inode.item.kind].delete(inode.number);
  if (inode.item.parent !== undefined) touch(model, inode.item.parent);
  return inode.item;
}

/** Takes one entry out of the catalog, its blocks with it. */
function forget(model: Model, item: Item): void {
  const { id, parent } = item;
  parent?.children?.delete(model.fold(item.name));
  item.parent = undefined;
  model.items.delete(id);
  for (const attribute of model.attributes.get(id)?.values() ?? [])
    if (attribute.kind === 'fork') for (const run of attribute.extents) model.freed.push(run);
  model.attributes.delete(id);
  if (item.kind === 'folder' || model.volume === undefined) return;
  for (const kind of ['data', 'resource'] as const) {
    if (hasBlocks(item.record, kind))
      for (const run of extentsOf(model.volume, item, kind)) model.freed.push(run);
    model.overflow.delete(overflowKey(id, kind));
  }
}

/** Journal, private folders and what hard links lead to are not the user's. */
function refuseNeeded(model: Model, item: Item): void {
  const { root, fold, volume, inodes } = model;
  const journal = volume?.journal !== undefined && journalNames.has(item.name) && item.parent === root;
  const needed = (['file', 'folder'] as const).some((to) => {
    const folder = root.children?.get(fold(privateFolder[to]));
    if (folder === item) return folder.children?.size !== 0;
    return folder === item.parent && [...inodes[to].values()].some((inode) => inode.item === item);
  });
  if (journal || needed)
    throw new Failure(
      'in-use',
      `"${pathName(item.name)}" belongs to the volume itself and cannot be removed`,
    );
}
