import { join } from 'node:path';
import { statSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../../../src/base/index.ts';
import {
  childrenOf,
  newVolume,
  openData,
  findEntry,
  pathName,
} from '../../../../src/formats/hfsplus/index.ts';
import { openTarget } from '../../../../src/image/index.ts';
import { freshFolder } from '../../../rig/folder.ts';
import { commitNew, date, describeTree, edit, judge, pattern, text, withVolume } from './rig.ts';

const blockSizes = [512, 1024, 2048, 4096, 8192, 16384, 32768, 65536];

describe('a new volume', () => {
  test.each(blockSizes.map((blockSize, index) => ({ blockSize, caseSensitive: index % 2 === 0 })))(
    'with blocks of $blockSize bytes, case-sensitive: $caseSensitive, takes everything in exactly the size it says',
    async ({ blockSize, caseSensitive }) => {
      const editor = newVolume({ name: 'Nœud:1', date, blockSize, caseSensitive });
      const folder = editor.makeFolder(editor.root, 'Système', { mode: 0o700, owner: 501, group: 20 });
      for (let index = 0; index < 60; index++)
        editor.putFile(folder, `file ${index}`, { data: pattern(index, (index * 997) % 70_000) });
      editor.putFile(folder, 'two forks', {
        data: text('data'),
        resource: pattern(1, 100_000),
        attributes: new Map([
          ['user.small', Buffer.from('x')],
          ['user.large', Buffer.alloc(50_000, 7)],
        ]),
      });
      editor.putSymlink(editor.root, 'link', 'Système/two forks');
      const size = editor.sizeNeeded();
      expect(size % blockSize).toBe(0);
      const path = await commitNew(editor, size);
      expect(statSync(path).size).toBe(size);
      await judge(path);
      await withVolume(path, async (volume) => {
        expect(pathName(volume.catalog.root.name)).toBe('Nœud:1');
        const found = await describeTree(volume);
        expect(found.size).toBe(63);
        expect(found.get('Système')).toMatchObject({ mode: 0o40700, owner: 501, group: 20 });
        const entry = findEntry(volume, 'Système/file 59');
        expect(entry).toBeDefined();
        if (entry === undefined) return;
        const data = await openData(volume, entry);
        const expected = await pattern(59, 58_823).read(0, 58_823);
        expect(Buffer.from(await data.read(0, data.size)).equals(expected)).toBe(true);
      });
    },
  );

  test.each([-2, -1, 0, 1, 2])(
    'with %i blocks more than its bitmap’s first block tells of is sound, and after it has grown',
    async (more) => {
      const blocks = 4096 + more;
      const editor = newVolume({ name: 'Boundary', date, blockSize: 512 });
      editor.putFile(editor.root, 'a', { data: pattern(1, 1000) });
      const path = await commitNew(editor, blocks * 512);
      await judge(path);
      for (const size of [blocks + 1, 2 * 4096, 2 * 4096 + 3]) {
        await edit(
          path,
          (again) => void again.putFile(again.root, `grown to ${size}`, { data: pattern(size, 5000) }),
          () => size * 512,
        );
        await judge(path);
      }
    },
  );

  test('whose size is no multiple of its blocks has its alternate header at its very end', async () => {
    const editor = newVolume({ name: 'Rest', date });
    const path = await commitNew(editor, 2 ** 20 + 1536);
    await judge(path);
    await edit(
      path,
      (again) => void again.putFile(again.root, 'a', { data: pattern(1, 100_000) }),
      () => 2 ** 21 + 3584,
    );
    expect(statSync(path).size).toBe(2 ** 21 + 3584);
    await judge(path);
  });

  test('of 300 GiB has map nodes in its catalog, and holes where nothing is', async () => {
    const editor = newVolume({ name: 'Large', date });
    editor.putFile(editor.root, 'a', { data: text('a') });
    const path = await commitNew(editor, 300 * 2 ** 30);
    await judge(path);
    expect(statSync(path).blocks * 512).toBeLessThan(32 * 2 ** 20);
    await withVolume(path, ({ trees }) => {
      expect(trees.catalog.header.totalNodes).toBeGreaterThan(8 * (4096 - 256));
    });
  });

  test('refuses what cannot be, and is not written at all where there is no room', async () => {
    const editor = newVolume({ name: 'Refusals', date });
    const a = editor.putFile(editor.root, 'Straße');
    const code = (name: string): string | undefined => {
      try {
        editor.putFile(editor.root, name);
        return undefined;
      } catch (error) {
        return error instanceof Failure ? error.code : String(error);
      }
    };
    expect(code('STRAßE')).toBe('exists');
    expect(code('e\u0301')).toBe(undefined);
    expect(code('\u00e9')).toBe('exists');
    expect(code('x'.repeat(255))).toBe(undefined);
    for (const name of ['', '.', '..', 'a/b', 'a\0', 'x'.repeat(256), '\u00e9'.repeat(128), '\u200d'])
      expect([name, code(name)]).toEqual([name, 'bad-name']);
    expect(() => editor.makeFolder(a, 'below')).toThrow('is not a folder');
    editor.remove(a);
    expect(() => editor.remove(a)).toThrow('not in this volume');
    editor.putFile(editor.root, 'large', { data: pattern(1, 10 ** 6) });
    const path = join(freshFolder(), 'none');
    const target = await openTarget(path, 'new');
    await expect(editor.commit(target, { size: 10 ** 6 })).rejects.toMatchObject({ code: 'no-space' });
    expect(target.size).toBe(0);
    await target.close();
  });

  test('names are folded on HFS+ and not on HFSX', async () => {
    const names = ['a', 'A', 'b', 'Ä', 'ä'];
    const put = (caseSensitive: boolean): number => {
      const editor = newVolume({ name: 'Names', date, caseSensitive });
      return names.filter((name) => {
        try {
          editor.putFile(editor.root, name);
          return true;
        } catch {
          return false;
        }
      }).length;
    };
    expect([put(false), put(true)]).toEqual([3, 5]);
    const editor = newVolume({ name: 'Names', date, caseSensitive: true });
    for (const name of names) editor.putFile(editor.makeFolder(editor.root, name), 'in it');
    const path = await commitNew(editor);
    await judge(path);
    await withVolume(path, (volume) => {
      expect(childrenOf(volume, volume.catalog.root).map(({ name }) => pathName(name))).toEqual([
        'A',
        'Ä',
        'a',
        'ä',
        'b',
      ]);
    });
  });
});
