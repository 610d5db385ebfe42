import { join } from 'node:path';
import { commitVolume } from '../../../src/formats/hfsplus/write/layout/commit.ts';
import { addInode, addLink } from '../../../src/formats/hfsplus/write/model/inodes.ts';
import { insert, newId } from '../../../src/formats/hfsplus/write/model/insert.ts';
import { newRecord } from '../../../src/formats/hfsplus/write/model/metadata.ts';
import { newModel } from '../../../src/formats/hfsplus/write/model/new-model.ts';
import { openTarget } from '../../../src/image/index.ts';
import { freshFolder } from '../folder.ts';

/** A volume with a folder that is "linked" in the folders "a" and "b", and has one file. */
export async function volumeWithFolderLinks(): Promise<string> {
  const model = newModel({ name: 'linked', date: new Date('2020-01-02T03:04:05Z') });
  const record = (kind: 'file' | 'folder'): { id: number; record: Buffer } => {
    const id = newId(model);
    return { id, record: newRecord(kind, id, {}, model.now) };
  };
  const target = addInode(model, 'folder', record('folder'));
  for (const name of ['a', 'b']) {
    const folder = insert(model, model.root, name, { kind: 'folder', ...record('folder') });
    addLink(model, 'folder', target, folder, 'linked');
  }
  insert(model, target.item, 'file', { kind: 'file', ...record('file') });
  const path = join(freshFolder(), 'volume');
  const output = await openTarget(path, 'new');
  await commitVolume(model, output, { size: 8 * 2 ** 20 });
  await output.close();
  return path;
}
