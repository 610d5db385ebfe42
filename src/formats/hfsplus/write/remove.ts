import { Failure } from '../../../base/index.ts';
import { privateFolder } from '../hard-links.ts';
import { pathName } from '../name.ts';
import { overflowKey } from '../overflow.ts';
import { extentsOf, hasBlocks } from './in-use.ts';
import { touch } from './insert.ts';
import { inodeOf } from './links.ts';
import type { Inode, Item, Model } from './model.ts';

/** Takes an entry out, with all that is in it. @throws Failure 'in-use' when the volume needs it */
export function removeItem(model: Model, item: Item): void {
  const { parent } = item;
  if (parent === undefined) throw new Failure('usage', `"${pathName(item.name)}" cannot be removed`);
  refuseNeeded(model, item);
  const open = [item];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const child of next.children?.values() ?? []) open.push(child);
    const inode = inodeOf(model, next);
    forget(model, next);
    if (inode !== undefined) unlink(model, inode, next);
  }
  touch(model, parent);
}

function unlink(model: Model, inode: Inode, link: Item): void {
  inode.links.splice(inode.links.indexOf(link), 1);
  inode.changed = true;
  if (inode.links.length > 0) return;
  const folder = inode.item.parent;
  model.inodes.file.delete(inode.number);
  if (model.items.get(inode.item.id) === inode.item) forget(model, inode.item);
  if (folder !== undefined) touch(model, folder);
}

/** Takes one entry out of the catalog, its blocks with it. */
function forget(model: Model, item: Item): void {
  const { id, parent } = item;
  parent?.children?.delete(model.fold(item.name));
  item.parent = undefined;
  model.items.delete(id);
  for (const attribute of model.attributes.get(id)?.values() ?? [])
    if (attribute.kind === 'fork') model.freed.push(...attribute.extents);
  model.attributes.delete(id);
  if (item.kind === 'folder' || model.volume === undefined) return;
  for (const kind of ['data', 'resource'] as const) {
    if (hasBlocks(item.record, kind)) model.freed.push(...extentsOf(model.volume, item, kind));
    model.overflow.delete(overflowKey(id, kind));
  }
}

function refuseNeeded(model: Model, item: Item): void {
  const needed: readonly string[] = [privateFolder.file, privateFolder.folder];
  const journal =
    model.volume?.journal !== undefined && ['.journal', '.journal_info_block'].includes(item.name);
  if (item.parent === model.root && (journal || (needed.includes(item.name) && item.children?.size !== 0)))
    throw new Failure('in-use', `"${pathName(item.name)}" is the volume's own and cannot be removed`);
}
