import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeApm } from '../../src/formats/apm/index.ts';
import { gptTypes, makeGpt } from '../../src/formats/gpt/index.ts';
import {
  checkVolume,
  fieldsOf,
  findEntry,
  linkTarget,
  newVolume,
  openData,
} from '../../src/formats/hfsplus/index.ts';
import { memorySource, windowOf } from '../../src/formats/source/index.ts';
import {
  editImage,
  findHfsPlus,
  openImage,
  openInside,
  openTarget,
  readPartitionMap,
} from '../../src/image/index.ts';
import { freshFolder } from '../rig/folder.ts';
import { absence, fsckHfsPlus, mmls, sgdiskVerify } from '../rig/judges/index.ts';
import { testProject } from '../rig/project.ts';

const date = new Date('2016-09-20T17:00:00Z');
const id = 'a0a1a2a3-b0b1-40c1-80d1-e0e1e2e3e4e5';
const maps = ['gpt', 'apm', 'apm with a driver', 'none'] as const;

/** A disk of 1 MiB with an HFS+ volume that is all but full. */
async function makeDisk(path: string, map: (typeof maps)[number]): Promise<void> {
  const size = 2 ** 20;
  const hfs = { size, name: 'disk image', type: 'Apple_HFS' };
  const made =
    map === 'gpt'
      ? makeGpt({ disk: id, partitions: [{ ...hfs, id: id.replace('a0', '01'), type: gptTypes.hfs }] })
      : map === 'none'
        ? { size, patches: [], partitions: [{ offset: 0, size }] }
        : makeApm({ partitions: [hfs], driver: map !== 'apm' });
  const target = await openTarget(path, 'new');
  await target.resize(made.size);
  for (const { offset, bytes } of made.patches) await target.write(offset, bytes);
  const editor = newVolume({ name: 'Disk', date });
  editor.makeFolder(editor.root, 'folder');
  editor.putFile(editor.root, 'large', { data: memorySource(Buffer.alloc(700_000, 1)) });
  const { offset } = made.partitions[0] ?? { offset: 0 };
  await editor.commit(windowOf(target, offset, size), { size });
  await target.close();
}

/** The map and the volume of a disk, by those who did not make them. */
async function judgeDisk(path: string): Promise<void> {
  const { disk, close } = await openImage(path);
  const { volume, offset } = await findHfsPlus(disk);
  const { findings } = await checkVolume(volume);
  expect(findings.filter(({ severity }) => severity === 'fault')).toEqual([]);
  const map = await readPartitionMap(disk);
  const size = volume.size;
  await close();
  if (absence('hfsprogs') === undefined)
    expect(fsckHfsPlus(path, { offset, size })).toMatchObject({ clean: true });
  if (map?.scheme === 'gpt' && absence('sgdisk') === undefined)
    expect(sgdiskVerify(path)).toMatchObject({ clean: true });
  if (map !== undefined && absence('sleuthkit') === undefined)
    expect(mmls(path).some(({ start }) => start * 512 === offset)).toBe(true);
}

/** A tree of files with most of what they can have. */
function hostTree(folder: string): string {
  const tree = join(folder, 'Packages');
  mkdirSync(join(tree, 'below'), { recursive: true });
  writeFileSync(join(tree, 'a:b'), 'colon');
  writeFileSync(join(tree, 'below', 'Größe'), Buffer.alloc(1_500_000, 2));
  writeFileSync(join(tree, 'below', 'program'), '#!/bin/sh\n');
  chmodSync(join(tree, 'below', 'program'), 0o755);
  linkSync(join(tree, 'a:b'), join(tree, 'below', 'same'));
  symlinkSync('below/program', join(tree, 'link'));
  utimesSync(join(tree, 'below', 'program'), 1e9, 1e9);
  utimesSync(join(tree, 'below'), 1.1e9, 1.1e9);
  return tree;
}

test.each(maps)('files are added to a disk with the map %s, which grows with its volume', async (map) => {
  const project = testProject({});
  const image = join(project.root, 'disk.img');
  await makeDisk(image, map);
  chmodSync(image, 0o640);
  hostTree(project.root);
  const { code, stdout, stderr } = await project.run([
    'hfs',
    'add',
    'disk.img:/folder',
    'Packages',
    '--owner',
    '501:20',
  ]);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain('5 files (');
  expect(stdout).toContain(') and 2 folders added; the volume has grown from ');
  expect(statSync(image).mode & 0o777).toBe(0o640);
  await judgeDisk(image);
  const { volume, close } = await openInside(`${image}:/`);
  const at = (path: string): NonNullable<ReturnType<typeof findEntry>> => {
    const entry = findEntry(volume, `folder/Packages/${path}`);
    if (entry === undefined) throw new Error(`${path} is not there`);
    return entry;
  };
  const data = await openData(volume, at('below/Größe'));
  expect(data.size).toBe(1_500_000);
  expect(Buffer.from(await data.read(0, data.size)).equals(Buffer.alloc(1_500_000, 2))).toBe(true);
  expect(fieldsOf(at('below/program'))).toMatchObject({
    mode: 0o100755,
    owner: 501,
    group: 20,
    contentModDate: 1e9 + 2_082_844_800,
  });
  expect(fieldsOf(at('below')).contentModDate).toBe(1.1e9 + 2_082_844_800);
  expect(linkTarget(volume, at('a:b'))).toBe(linkTarget(volume, at('below/same')));
  expect(at('a:b').name).toBe('a/b');
  await close();
  const link = await project.run(['hfs', 'cat', 'disk.img:/folder/Packages/link']);
  expect(link.stdout).toBe('below/program');
});

test('files are replaced when that is asked for, removed, and the volume is grown', async () => {
  const project = testProject({ file: 'one', other: 'two' });
  const image = join(project.root, 'disk.img');
  await makeDisk(image, 'gpt');
  const run = async (...args: readonly string[]): Promise<{ code: number | null; said: string }> => {
    const { code, stdout, stderr } = await project.run(['hfs', ...args]);
    return { code, said: stdout + stderr };
  };
  expect(await run('add', 'disk.img:/', 'file')).toMatchObject({ code: 0 });
  expect((await run('add', 'disk.img', 'other', '--as', 'FILE')).said).toContain(
    '"FILE" and "file" are one name',
  );
  expect(await run('add', 'disk.img', 'other', '--as', 'FILE', '--replace')).toMatchObject({ code: 0 });
  expect((await run('cat', 'disk.img:/file')).said).toBe('two');
  expect(await run('remove', 'disk.img:/file', 'disk.img:/folder')).toMatchObject({ code: 0 });
  expect((await run('remove', 'disk.img:/file')).said).toContain('there is no /file');
  expect(await run('grow', 'disk.img', '+64M')).toMatchObject({ code: 0 });
  await judgeDisk(image);
  const { volume, close } = await openInside(`${image}:/`);
  expect(volume.header.totalBlocks * 4096).toBe(65 * 2 ** 20);
  await close();
  expect((await run('grow', 'disk.img', '1M')).said).toContain('the volume needs');
  expect((await run('add', 'disk.img:/none', 'file')).said).toContain('there is no /none');
  expect((await run('add', 'disk.img:/inner.dmg:/x', 'file')).code).toBe(2);
  expect(readdirSync(project.root).sort()).toEqual([
    'cidermill.yaml',
    'disk.img',
    'file',
    'other',
    'package.json',
  ]);
});

test('a new volume holds the files it is made with', async () => {
  const project = testProject({});
  hostTree(project.root);
  const { code } = await project.run([
    'hfs',
    'new',
    'new.img',
    'Packages',
    '--name',
    'Ä',
    '--case-sensitive',
  ]);
  expect(code).toBe(0);
  await judgeDisk(join(project.root, 'new.img'));
  const list = await project.run(['hfs', 'list', 'new.img:/Packages']);
  expect(list.stdout.split('\n').map((line) => line.slice(21))).toEqual([
    'a:b',
    'below/',
    'link -> below/program',
    '',
  ]);
  const small = await project.run(['hfs', 'new', 'small.img', 'Packages', '--size', '1M']);
  expect([small.code, small.stderr]).toEqual([1, expect.stringContaining('too few for what is to be in it')]);
  expect(existsSync(join(project.root, 'small.img'))).toBe(false);
});

test('a DMG is refused with what to do, a partition is not grown into the next', async () => {
  const project = testProject({ file: 'x' });
  const image = join(project.root, 'disk.img');
  await makeDisk(image, 'none');
  await project.run(['dmg', 'create', 'disk.img', '-o', 'disk.dmg']);
  const packed = readFileSync(join(project.root, 'disk.dmg'));
  const refused = await project.run(['hfs', 'add', 'disk.dmg:/', 'file']);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('cidermill dmg convert')]);
  expect(readFileSync(join(project.root, 'disk.dmg')).equals(packed)).toBe(true);

  const hfs = { type: gptTypes.hfs, name: 'a', size: 2 ** 20 };
  const made = makeGpt({
    disk: id,
    partitions: [
      { ...hfs, id: id.replace('a0', '01') },
      { ...hfs, id: id.replace('a0', '02'), name: 'behind' },
    ],
  });
  const two = join(project.root, 'two.img');
  const target = await openTarget(two, 'new');
  await target.resize(made.size);
  for (const { offset, bytes } of made.patches) await target.write(offset, bytes);
  await newVolume({ name: 'First', date }).commit(
    windowOf(target, made.partitions[0]?.offset ?? 0, 2 ** 20),
    { size: 2 ** 20 },
  );
  await target.close();
  const before = readFileSync(two);
  await expect(editImage(two, () => undefined, { date, size: () => 2 ** 21 })).rejects.toThrow(
    '"behind" is in the way',
  );
  expect(readFileSync(two).equals(before)).toBe(true);
  expect(readdirSync(project.root).filter((name) => name.includes('partial'))).toEqual([]);
});

test('an edit that is interrupted leaves the image as it was', async () => {
  const folder = freshFolder();
  const image = join(folder, 'disk.img');
  await makeDisk(image, 'apm');
  const before = readFileSync(image);
  const controller = new AbortController();
  const edited = editImage(
    image,
    (editor) => {
      editor.putFile(editor.root, 'endless', {
        data: {
          size: 10 ** 8,
          read: (_offset, length) => {
            controller.abort(new Error('enough'));
            return Promise.resolve(new Uint8Array(length));
          },
        },
      });
    },
    { date, signal: controller.signal },
  );
  await expect(edited).rejects.toThrow('enough');
  expect(readFileSync(image).equals(before)).toBe(true);
  expect(readdirSync(folder)).toEqual(['disk.img']);
});
