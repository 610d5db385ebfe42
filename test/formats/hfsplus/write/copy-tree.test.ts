import { describe, expect, test } from 'vitest';
import {
  childrenOf,
  editVolume,
  fieldsOf,
  findEntry,
  linkTarget,
  newVolume,
  openVolume,
  type HfsVolume,
} from '../../../../src/formats/hfsplus/index.ts';
import { commitVolume } from '../../../../src/formats/hfsplus/write/layout/commit.ts';
import { addInode, addLink } from '../../../../src/formats/hfsplus/write/model/inodes.ts';
import { insert, newId } from '../../../../src/formats/hfsplus/write/model/insert.ts';
import { newRecord } from '../../../../src/formats/hfsplus/write/model/metadata.ts';
import { newModel } from '../../../../src/formats/hfsplus/write/model/new-model.ts';
import { contentsOf } from '../../../../src/formats/hfsplus/write/layout/contents.ts';
import { sizeNeeded } from '../../../../src/formats/hfsplus/write/layout/size-needed.ts';
import { openInside, openTarget } from '../../../../src/image/index.ts';
import { fixture, has, present } from '../../../rig/fixtures.ts';
import { freshFolder } from '../../../rig/folder.ts';
import {
  commitNew,
  date,
  describeTree,
  edit,
  fixtureCopy,
  judge,
  pattern,
  withVolume,
  type Described,
} from './rig.ts';

/** Without a volume's own files, and with all below `prefix`. */
function users(tree: ReadonlyMap<string, Described>, prefix = ''): Map<string, Described> {
  const kept = [...tree].filter(([path]) => !path.includes('Private D') && !path.startsWith('.journal'));
  return new Map(kept.map(([path, each]) => [prefix + path, { ...each, same: prefix + each.same }]));
}

async function copied(
  from: HfsVolume,
  options: { blockSize?: number; caseSensitive?: boolean },
): Promise<string> {
  const editor = newVolume({ name: 'Copy', date, ...options });
  editor.copyTree(from, from.catalog.root, editor.root, 'whole');
  return commitNew(editor);
}

describe('trees of volumes others made', () => {
  test.each<{ name: string; blockSize: number; caseSensitive?: boolean }>(
    present([
      { name: 'hfsplus-rs/hfsp-small.img.xz', blockSize: 512 },
      { name: 'dfvfs/hfsplus.raw', blockSize: 65536 },
      { name: 'dfvfs/apm.dmg', blockSize: 4096, caseSensitive: true },
      { name: 'hfsinspect/hfsj.bin.7z', blockSize: 4096, caseSensitive: true },
      { name: 'kaitokit/hfs-decmpfs.dmg', blockSize: 8192 },
      { name: 'brew/container.dmg', blockSize: 1024 },
      { name: 'relic/dummy.dmg', blockSize: 4096 },
    ]),
  )('$name arrives with all there is to know of it', async ({ name, ...options }) => {
    const image = name.endsWith('.dmg') ? fixture(name) : fixtureCopy(name);
    const { volume, close } = await openInside(`${image}:/`);
    const before = users(await describeTree(volume), 'whole/');
    expect(before.size).toBeGreaterThan(0);
    const path = await copied(volume, options);
    await close();
    await judge(path);
    const after = users(await withVolume(path, (copy) => describeTree(copy)));
    after.delete('whole');
    expect(after).toEqual(before);
  });

  test('a tree copied within its own volume has its bytes twice', async () => {
    const path = await linkedVolume();
    await edit(path, (editor, volume) => {
      const files = findEntry(volume, 'files');
      const folder = editor.find('files/second');
      if (files !== undefined && folder !== undefined) editor.copyTree(volume, files, folder, 'again');
      editor.remove(editor.find('files/first') ?? editor.root);
    });
    await judge(path);
    await withVolume(path, async (volume) => {
      const tree = await describeTree(volume);
      expect(tree.has('files/first')).toBe(false);
      expect(tree.get('files/second/again/first')?.data).not.toBe('empty');
      expect(tree.get('files/second/again/link1')?.data).toBe(tree.get('files/link1')?.data);
      expect(tree.get('files/second/again/link2')?.same).toBe('files/second/again/link1');
    });
  });
});

/** One with files, folders and two names of one file; another's where it is at hand. */
async function linkedVolume(): Promise<string> {
  const name = 'hfsplus-rs/hfsp-small.img.xz';
  if (has(name)) return fixtureCopy(name);
  const editor = newVolume({ name: 'linked', date });
  const files = editor.makeFolder(editor.root, 'files');
  editor.putFile(files, 'first', { data: pattern(1, 3000) });
  editor.makeFolder(files, 'second');
  editor.putHardLink(files, 'link2', editor.putFile(files, 'link1', { data: pattern(2, 5000) }));
  return commitNew(editor);
}

/** As Time Machine makes them: a folder with two links, in which a folder with two links is. */
async function withFolderLinks(): Promise<string> {
  const model = newModel({ name: 'Dirlinks', date });
  const folder = (parent: typeof model.root, name: string): typeof model.root => {
    const id = newId(model);
    return insert(model, parent, name, {
      id,
      kind: 'folder',
      record: newRecord('folder', id, {}, model.now),
    });
  };
  const inode = (): ReturnType<typeof addInode> => {
    const id = newId(model);
    return addInode(model, 'folder', { id, record: newRecord('folder', id, {}, model.now) });
  };
  const file = (parent: typeof model.root, name: string): void => {
    const id = newId(model);
    const record = newRecord('file', id, {}, model.now);
    insert(model, parent, name, { id, kind: 'file', record, data: { source: pattern(id, 9000) } });
  };
  const [outer, inner] = [inode(), inode()];
  addLink(model, 'folder', outer, folder(folder(model.root, 'backup'), '1'), 'outer');
  addLink(model, 'folder', outer, folder(model.root, 'other'), 'outer');
  addLink(model, 'folder', inner, folder(outer.item, 'deep'), 'inner');
  addLink(model, 'folder', inner, model.root, 'inner');
  file(outer.item, 'in outer');
  file(inner.item, 'in inner');
  const path = `${freshFolder()}/volume.img`;
  const target = await openTarget(path, 'new');
  await commitVolume(model, target, { size: sizeNeeded(model, contentsOf(model)) + 2 ** 20 });
  await target.close();
  return path;
}

describe('hard links of folders', () => {
  test('are written, copied and removed', async () => {
    const path = await withFolderLinks();
    await judge(path);
    const tree = await withVolume(path, (volume) => describeTree(volume));
    expect(tree.get('other/outer/deep/inner/in inner')?.same).toBe('backup/1/outer/deep/inner/in inner');
    const copy = await withVolume(path, (volume) => copied(volume, {}));
    await judge(copy);
    const again = users(await withVolume(copy, (volume) => describeTree(volume)));
    again.delete('whole');
    expect(again).toEqual(users(tree, 'whole/'));
    await edit(path, (editor) => {
      editor.remove(editor.find('backup') ?? editor.root);
    });
    await judge(path);
    await withVolume(path, (volume) => {
      const link = findEntry(volume, 'other/outer');
      expect(link).toBeDefined();
      if (link !== undefined) expect(fieldsOf(linkTarget(volume, link)).special).toBe(1);
    });
    await edit(path, (editor) => {
      editor.remove(editor.find('other') ?? editor.root);
      editor.remove(editor.find('inner') ?? editor.root);
    });
    await judge(path);
    await withVolume(path, (volume) => {
      expect(childrenOf(volume, volume.catalog.root).map(({ name }) => name)).toEqual([
        '.HFS+ Private Directory Data\r',
      ]);
      expect(volume.header.fileCount).toBe(0);
    });
  });

  test('are made where a folder has one already, and not of other folders', async () => {
    const path = await withFolderLinks();
    await edit(path, (editor) => {
      const link = editor.find('inner');
      if (link !== undefined) editor.putHardLink(editor.makeFolder(editor.root, 'new'), 'third', link);
      editor.putFile(link ?? editor.root, 'through a link', { data: pattern(4, 10) });
      expect(() => editor.putHardLink(editor.root, 'x', editor.find('other') ?? editor.root)).toThrow(
        'only files get hard links',
      );
    });
    await judge(path);
    const tree = await withVolume(path, (volume) => describeTree(volume));
    expect(tree.has('new/third/through a link')).toBe(true);
    expect(tree.has('other/outer/deep/inner/through a link')).toBe(true);
  });
});

test('an edit without a date gives the same bytes every time', async () => {
  const editor = newVolume({ name: 'Same', date });
  editor.putFile(editor.root, 'a', { data: pattern(1, 5000) });
  const path = await commitNew(editor);
  const outcome = async (): Promise<Buffer> =>
    withVolume(path, async (volume) => {
      const bytes = Buffer.from(await volume.source.read(0, volume.source.size));
      const again = await editVolume(await openVolume(volume.source));
      again.putHardLink(again.root, 'b', again.find('a') ?? again.root);
      const to = `${freshFolder()}/volume.img`;
      const target = await openTarget(to, 'new');
      await target.write(0, bytes);
      await again.commit(target, { size: again.sizeNeeded() });
      const result = Buffer.from(await target.read(0, target.size));
      await target.close();
      await judge(to);
      return result;
    });
  expect((await outcome()).equals(await outcome())).toBe(true);
});
