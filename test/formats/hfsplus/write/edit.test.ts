import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { FormatError } from '../../../../src/base/index.ts';
import {
  editVolume,
  findEntry,
  newVolume,
  openVolume,
  volumeAttribute,
} from '../../../../src/formats/hfsplus/index.ts';
import { memorySource } from '../../../../src/formats/source/index.ts';
import { has, present } from '../../../rig/fixtures.ts';
import { freshFolder } from '../../../rig/folder.ts';
import { journaledVolume } from '../../../rig/images/journaled-volume.ts';
import { commitNew, date, describeTree, edit, fixtureCopy, judge, pattern, text, withVolume } from './rig.ts';

/** 15,000 files in 600 folders; another's where it is at hand. */
async function manyFiles(): Promise<string> {
  const name = 'hfsplus-rs/hfsp-many2.img.xz';
  if (has(name)) return fixtureCopy(name);
  const editor = newVolume({ name: 'many', date });
  for (let folder = 0; folder < 600; folder++) {
    const into = editor.makeFolder(editor.root, `folder ${folder}`);
    for (let file = 0; file < 25; file++)
      editor.putFile(into, `file ${file}`, { data: text(`${folder} ${file}`) });
  }
  return commitNew(editor);
}

/** Volumes whose journal has yet to be played back: one that is made here, and another's where it is at hand. */
async function dirtyJournals(): Promise<string[]> {
  const path = join(freshFolder(), 'volume.img');
  writeFileSync(path, await journaledVolume('dirty'));
  const name = 'hfsinspect/hfsj.bin.7z';
  return [path, ...(has(name) ? [fixtureCopy(name)] : [])];
}

describe('volumes others made', () => {
  test.each(present(['hfsplus-rs/hfsp-small.img.xz', 'dfvfs/hfsplus.raw', 'hfsinspect/hfsj.bin.7z']))(
    '%s keeps what it has when files are added, removed and added again',
    async (name) => {
      const path = fixtureCopy(name);
      const before = await withVolume(path, (volume) => describeTree(volume));
      await edit(path, (editor) => {
        const folder = editor.makeFolder(editor.root, 'Añadido');
        for (let index = 0; index < 300; index++)
          editor.putFile(folder, `${index}`, {
            data: pattern(index, index * 50),
            attributes: new Map([['user.index', Buffer.from(String(index))]]),
          });
        const first = editor.putFile(folder, 'first', { data: pattern(1, 100) });
        editor.putHardLink(editor.root, 'second', first);
      });
      await judge(path);
      const kept = await withVolume(path, async (volume) => {
        expect(volume.journal?.pending.size ?? 0).toBe(0);
        const after = await describeTree(volume);
        expect(after.get('second')?.same).toBe('Añadido/first');
        expect(after.get('Añadido/299')?.data).toContain('14950 ');
        return after;
      });
      const unchanged = [...before].filter(([key]) => !key.includes('Private D') && key !== '.journal');
      expect(
        unchanged.filter(([key, value]) => JSON.stringify(kept.get(key)) !== JSON.stringify(value)),
      ).toEqual([]);
      await edit(path, (editor) => {
        const folder = editor.find('Añadido');
        if (folder !== undefined) editor.remove(folder);
      });
      await judge(path);
      await withVolume(path, async (volume) => {
        const after = await describeTree(volume);
        expect(after.get('second')?.data).toBe(kept.get('second')?.data);
        expect(after.size).toBe(before.size + 1);
      });
      await edit(path, (editor) => {
        const link = editor.find('second');
        if (link !== undefined) editor.remove(link);
      });
      await judge(path);
    },
  );

  test('20,000 files are added to 15,000 and half of all are removed', async () => {
    const path = await manyFiles();
    await edit(path, (editor) => {
      const folder = editor.makeFolder(editor.root, 'more');
      for (let index = 0; index < 20_000; index++)
        editor.putFile(folder, `file number ${index}`, { data: text(String(index)) });
    });
    await judge(path);
    let removed = 0;
    await edit(path, (editor) => {
      for (const folder of editor.root.children?.values() ?? [])
        if (!folder.name.includes('Private'))
          for (const [index, file] of [...(folder.children?.values() ?? [])].entries())
            if (index % 2 === 0) {
              editor.remove(file);
              removed++;
            }
    });
    expect(removed).toBeGreaterThan(10_000);
    await judge(path);
    await withVolume(path, (volume) => {
      expect(findEntry(volume, 'more')?.children?.size).toBe(10_000);
    });
  });

  test('a journal that was never replayed is replayed and emptied, and the volume is clean', async () => {
    for (const path of await dirtyJournals()) {
      await withVolume(path, ({ journal }) => {
        expect(journal?.pending.size).toBeGreaterThan(0);
      });
      await edit(path, () => undefined);
      await judge(path);
      await withVolume(path, ({ header, journal }) => {
        expect(header.attributes & volumeAttribute.unmounted).not.toBe(0);
        expect(header.attributes & volumeAttribute.journaled).not.toBe(0);
        expect(header.lastMountedVersion).toBe('HFSJ');
        expect(journal?.pending.size).toBe(0);
      });
    }
  });

  test('what the volume needs for itself is not removed', async () => {
    for (const path of await dirtyJournals()) {
      await edit(path, (editor) => {
        for (const name of ['.journal', '.journal_info_block']) {
          const entry = editor.find(name);
          expect(entry).toBeDefined();
          if (entry !== undefined) expect(() => editor.remove(entry)).toThrow('belongs to the volume itself');
        }
        expect(() => editor.remove(editor.root)).toThrow('cannot be removed');
      });
      await judge(path);
    }
  });
});

describe('a volume that is edited', () => {
  test('grows from 1.3 to 8 GB: its bitmap is extended, its alternate header moved', async () => {
    const editor = newVolume({ name: 'OS X Base System', date, size: 1.3 * 2 ** 30 });
    const folder = editor.makeFolder(editor.root, 'System');
    for (let index = 0; index < 100; index++)
      editor.putFile(folder, `${index}`, { data: pattern(index, 5000) });
    const path = await commitNew(editor, 331_000 * 4096);
    const before = await withVolume(path, (volume) => describeTree(volume));
    await edit(
      path,
      (again) => {
        const packages = again.makeFolder(again.root, 'Packages');
        again.putFile(packages, 'Essentials.pkg', { data: pattern(3, 3_000_000) });
        again.bless({ folder: packages });
      },
      () => 2_000_000 * 4096,
    );
    await judge(path);
    await withVolume(path, async (volume) => {
      const { header, source } = volume;
      expect(header.allocationFile.extents.filter(({ blockCount }) => blockCount > 0)).toHaveLength(2);
      expect(header.finderInfo[0]).toBe(header.finderInfo[5]);
      expect(header.finderInfo[0]).toBe(findEntry(volume, 'Packages')?.id);
      const old = await source.read(331_000 * 4096 - 1024, 512);
      expect(old.every((byte) => byte === 0)).toBe(true);
      const after = await describeTree(volume);
      for (const [key, value] of before) expect(after.get(key)).toEqual(value);
    });
  });

  test('that has only single blocks free takes a file in a thousand pieces, and gives them back', async () => {
    const editor = newVolume({ name: 'Pieces', date, blockSize: 512 });
    // Room for the trees comes first, so that they need none later.
    const folder = editor.makeFolder(editor.root, 'small');
    for (let index = 0; index < 4000; index++)
      editor.putFile(folder, `${index}`, { data: pattern(index, 512) });
    const path = await commitNew(editor);
    await edit(path, (again) => {
      for (const [index, file] of [...(again.find('small')?.children?.values() ?? [])].entries())
        if (index % 2 === 0) again.remove(file);
    });
    const { size, free } = await withVolume(path, ({ header }) => ({
      size: header.totalBlocks * 512,
      free: header.freeBlocks,
    }));
    const large = { data: pattern(5, 1000 * 512), resource: pattern(6, 300 * 512 - 1) };
    const attributes = new Map([['user.large', Buffer.alloc(100_000, 9)]]);
    await edit(path, (again) => void again.putFile(again.root, 'large', { ...large, attributes }));
    await judge(path);
    await withVolume(path, async (volume) => {
      expect(volume.header.totalBlocks * 512).toBe(size);
      const entry = findEntry(volume, 'large');
      expect(volume.overflow.get(`${entry?.id}/data`)?.length).toBeGreaterThan(700);
      const found = (await describeTree(volume)).get('large');
      const whole = await describeWhole(large, attributes);
      expect([found?.data, found?.resource, found?.attributes]).toEqual(whole);
    });
    await edit(path, (again) => {
      const entry = again.find('large');
      if (entry !== undefined) again.remove(entry);
    });
    await judge(path);
    await withVolume(path, ({ header, overflow }) => {
      expect(overflow.size).toBe(0);
      expect(header.freeBlocks).toBe(free);
    });
  });

  test('that was not written to its end says so, and is not edited again', async () => {
    const path = await commitNew(newVolume({ name: 'Half', date }), 2 ** 20);
    const broken = { size: 5000, read: () => Promise.reject(new Error('the source is gone')) };
    const half = edit(path, (editor) => void editor.putFile(editor.root, 'a', { data: broken }));
    await expect(half).rejects.toThrow('the source is gone');
    await withVolume(path, ({ header }) => {
      expect(header.attributes & volumeAttribute.inconsistent).not.toBe(0);
      expect(header.attributes & volumeAttribute.unmounted).toBe(0);
    });
    await expect(edit(path, () => undefined)).rejects.toThrow('must be repaired first');
  });

  test('that says it is damaged, or is where it matters, is left alone', async () => {
    const path = await commitNew(
      (() => {
        const editor = newVolume({ name: 'Damaged', date });
        editor.putFile(editor.root, 'a', { data: pattern(1, 100_000) });
        editor.putFile(editor.root, 'b', { data: pattern(2, 100_000) });
        return editor;
      })(),
    );
    const bytes = await withVolume(path, async ({ source }) =>
      Buffer.from(await source.read(0, source.size)),
    );
    const refusal = async (change: (copy: Buffer) => void): Promise<unknown> => {
      const copy = Buffer.from(bytes);
      change(copy);
      const volume = await openVolume(memorySource(copy));
      return editVolume(volume).catch((error: unknown) => error);
    };
    expect(await refusal(() => undefined)).not.toBeInstanceOf(Error);
    const inconsistent = await refusal((copy) => copy.writeUInt32BE(volumeAttribute.inconsistent, 1024 + 4));
    expect(inconsistent).toBeInstanceOf(FormatError);
    // The first bytes of the bitmap: blocks of the trees as free.
    const free = await refusal((copy) => copy.fill(0, 4096, 4100));
    expect(String(free)).toContain('are free according to the volume');
    const shared = await refusal((copy) => {
      // Both files' first extents begin with the catalog's first block.
      const start = copy.readUInt32BE(1024 + 272 + 16);
      for (const name of ['a', 'b']) {
        const key = Buffer.concat([
          Buffer.from([0, 8, 0, 0, 0, 2, 0, 1]),
          Buffer.from(name, 'utf16le').swap16(),
        ]);
        copy.writeUInt32BE(start, copy.indexOf(key) + key.length + 88 + 16);
      }
    });
    expect(String(shared)).toContain('belong to something else too');
  });
});

async function describeWhole(
  { data, resource }: { data: ReturnType<typeof pattern>; resource: ReturnType<typeof pattern> },
  attributes: ReadonlyMap<string, Uint8Array>,
): Promise<unknown[]> {
  const editor = newVolume({ name: 'Whole', date });
  editor.putFile(editor.root, 'large', { data, resource, attributes });
  const path = await commitNew(editor);
  return withVolume(path, async (volume) => {
    const found = (await describeTree(volume)).get('large');
    return [found?.data, found?.resource, found?.attributes];
  });
}
