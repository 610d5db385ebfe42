import { Failure, FormatError } from '../../../../base/index.ts';
import { pathName } from '../../name.ts';
import { reservedId } from '../../records.ts';
import type { Item, Model } from './model.ts';

/** Puts an entry into a folder. @throws Failure 'exists' when it has one of that name, 'bad-name' */
export function insert(
  model: Model,
  parent: Item,
  name: string,
  entry: Pick<Item, 'id' | 'kind' | 'record' | 'data' | 'resource'>,
): Item {
  const key = freeKey(model, parent, name);
  const item: Item = {
    ...entry,
    name,
    parent,
    present: false,
    children: entry.kind === 'folder' ? new Map() : undefined,
  };
  parent.children?.set(key, item);
  model.items.set(item.id, item);
  touch(model, parent);
  return item;
}

/** The folded name by which a folder is to have a new entry. @throws Failure when it cannot have it */
export function freeKey(model: Model, parent: Item, name: string): string {
  if (parent.children === undefined) throw new Failure('usage', `"${pathName(parent.name)}" is not a folder`);
  const key = model.fold(name);
  if (key === '') throw new Failure('bad-name', 'a name cannot consist of invisible characters only');
  const present = parent.children.get(key);
  if (present !== undefined)
    throw new Failure(
      'exists',
      present.name === name
        ? `"${pathName(name)}" exists already`
        : `"${pathName(name)}" and "${pathName(present.name)}" are one name on this volume`,
    );
  return key;
}

/** A folder whose contents change has the date of that. */
export function touch(model: Model, folder: Item): void {
  if (!folder.present) return;
  if (folder.record.readUInt32BE(16) === model.now && folder.record.readUInt32BE(20) === model.now) return;
  folder.record = Buffer.from(folder.record);
  folder.record.writeUInt32BE(model.now, 16);
  folder.record.writeUInt32BE(model.now, 20);
}

const largestId = 0xffffffff;
const mostIds = largestId - reservedId.firstUser;

/** The next id that nothing has; when they have all been used once, those that are free again are given out. */
export function newId(model: Model): number {
  if (model.items.size >= mostIds)
    throw new FormatError('hfsplus', 'the volume has no number left for a new file');
  let id = Math.max(model.nextId, reservedId.firstUser);
  for (; id > largestId || model.items.has(id) || model.attributes.has(id); id++) {
    if (id <= largestId) continue;
    id = reservedId.firstUser - 1;
    model.idsReused = true;
  }
  model.nextId = id + 1;
  return id;
}
