import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Failure } from '../../src/base/index.ts';
import { describeDisk, findDiskTools, fixDisk, growDisk, newDisk } from '../../src/disk/index.ts';
import { memorySource } from '../../src/formats/source/index.ts';
import { describeDmg, editImage, openInside } from '../../src/image/index.ts';
import { freshFolder } from '../rig/folder.ts';
import {
  apmDisk,
  gptDisk,
  hfsGuid,
  mbrDisk,
  volumeBytes,
  withCoreStorageLabel,
} from '../rig/images/partitioned.ts';
import { testProject } from '../rig/project.ts';

const mebibyte = 2 ** 20;
const tools = findDiskTools();
const volume = await volumeBytes(4 * mebibyte);
const labelled = withCoreStorageLabel(volume);

const coreStorage = /a Core Storage physical volume is at byte \d+, which is not an HFS\+ volume/;
const raid = /a member of an Apple RAID \(".*"\) is at byte \d+, which is not an HFS\+ volume/;
const another = /has the type ".*", not that of an HFS\+ volume: it is not changed/;

/** Disks with an HFS+ header in them that must not be written to, and why. */
const sealed: readonly (readonly [name: string, disk: Buffer, why: RegExp])[] = [
  [
    'GPT Core Storage',
    gptDisk([{ type: '53746f72-6167-11aa-aa11-00306543ecac', bytes: labelled }]),
    coreStorage,
  ],
  [
    'GPT Core Storage, unlabelled',
    gptDisk([{ type: '53746f72-6167-11aa-aa11-00306543ecac', bytes: volume }]),
    coreStorage,
  ],
  ['GPT HFS+ with the label of Core Storage', gptDisk([{ type: hfsGuid, bytes: labelled }]), coreStorage],
  ['GPT Apple_RAID', gptDisk([{ type: '52414944-0000-11aa-aa11-00306543ecac', bytes: volume }]), raid],
  [
    'GPT Apple_RAID_Offline',
    gptDisk([{ type: '52414944-5f4f-11aa-aa11-00306543ecac', bytes: volume }]),
    raid,
  ],
  ['GPT Apple_Boot', gptDisk([{ type: '426f6f74-0000-11aa-aa11-00306543ecac', bytes: volume }]), another],
  ['GPT basic data', gptDisk([{ type: 'ebd0a0a2-b9e5-4433-87c0-68b6b72699c7', bytes: volume }]), another],
  [
    'GPT of a type unknown',
    gptDisk([{ type: '00000000-1111-2222-3333-444444444444', bytes: volume }]),
    another,
  ],
  ['APM Apple_CoreStorage', apmDisk([{ type: 'Apple_CoreStorage', bytes: labelled }]), coreStorage],
  ['APM Apple_RAID', apmDisk([{ type: 'Apple_RAID', bytes: volume }]), raid],
  ['APM Apple_RAID_Offline', apmDisk([{ type: 'Apple_RAID_Offline', bytes: volume }]), raid],
  ['APM Apple_Boot', apmDisk([{ type: 'Apple_Boot', bytes: volume }]), another],
  ['MBR 0xac', mbrDisk([{ type: '0xac', bytes: volume }]), raid],
  ['MBR 0x83', mbrDisk([{ type: '0x83', bytes: volume }]), another],
  ['no map, the label of Core Storage', labelled, coreStorage],
  [
    'GPT Core Storage with the recovery volume behind it, as 10.10 leaves a disk',
    gptDisk([
      { type: '53746f72-6167-11aa-aa11-00306543ecac', bytes: labelled },
      { type: '426f6f74-0000-11aa-aa11-00306543ecac', bytes: volume },
    ]),
    coreStorage,
  ],
];

const plain: readonly (readonly [string, Buffer])[] = [
  ['GPT', gptDisk([{ type: hfsGuid, bytes: volume }])],
  ['APM', apmDisk([{ type: 'Apple_HFS', bytes: volume }])],
  ['APM in another case', apmDisk([{ type: 'Apple_HFSX', bytes: volume }])],
  ['MBR', mbrDisk([{ type: '0xaf', bytes: volume }])],
  ['no map', volume],
];

function put(disk: Buffer): string {
  const path = join(freshFolder(), 'disk.img');
  writeFileSync(path, disk);
  return path;
}

const edits = {
  grow: (path: string) =>
    editImage(path, () => undefined, { date: new Date(0), size: (now) => now + 2 * mebibyte }),
  add: (path: string) =>
    editImage(
      path,
      (editor) => editor.putFile(editor.root, 'new', { data: memorySource(Buffer.from('new')) }),
      {
        date: new Date(0),
      },
    ),
  remove: (path: string) =>
    editImage(path, (editor) => editor.remove(editor.find('hello') ?? editor.root), { date: new Date(0) }),
};

test.each(plain)('a volume in a partition of its type is changed and grown: %s', async (_, disk) => {
  for (const edit of Object.values(edits)) {
    const path = put(disk);
    await edit(path);
    expect(readFileSync(path).equals(disk)).toBe(false);
    await (await openInside(path)).close();
  }
});

test.each(sealed)('a partition that is no volume is not changed: %s', async (_, disk, why) => {
  for (const edit of Object.values(edits)) {
    const path = put(disk);
    await expect(edit(path)).rejects.toThrow(why);
    await expect(edit(path)).rejects.toBeInstanceOf(Failure);
    expect(readFileSync(path).equals(disk)).toBe(true);
  }
});

test.each(sealed.filter(([, , why]) => why !== another))(
  '… nor read as a volume: %s',
  async (_, disk, why) => {
    const path = put(disk);
    await expect(openInside(path)).rejects.toThrow(why);
    const { partitions } = await describeDmg(path);
    const format = why === raid ? 'Apple RAID' : 'Core Storage';
    expect(partitions.map((each) => each.volume?.format)).toContain(format);
    expect(partitions[0]?.volume?.name).toBeUndefined();
  },
);

/** One of each kind, and one that may be grown. */
const onDisks = [
  'GPT Core Storage',
  'GPT Apple_RAID',
  'APM Apple_RAID_Offline',
  'GPT basic data',
  'MBR 0x83',
];

test.each(onDisks)('disk grow and disk fix leave it as it is, raw and as qcow2: %s', async (wanted) => {
  const [, disk = Buffer.alloc(0), why = /^$/] = sealed.find(([name]) => name === wanted) ?? [];
  const raw = put(disk);
  const qcow2 = join(freshFolder(), 'disk.qcow2');
  execFileSync('qemu-img', ['convert', '-f', 'raw', '-O', 'qcow2', raw, qcow2]);
  for (const image of [raw, qcow2]) {
    const before = readFileSync(image);
    await expect(growDisk(tools, image, 64 * mebibyte)).rejects.toThrow(why);
    await expect(fixDisk(tools, image)).rejects.toThrow(why);
    expect(readFileSync(image).equals(before)).toBe(true);
    await describeDisk(tools, image);
  }
});

test('a plain disk with an MBR is described and grown, and 7-Zip finds its volume', async () => {
  const raw = put(mbrDisk([{ type: '0xaf', bytes: volume }]));
  // 63 sectors before the volume, and behind it the 128 that loaders read ahead.
  const size = 16 * mebibyte - 32256 - 128 * 512;
  expect(await growDisk(tools, raw, 16 * mebibyte)).toEqual({ kind: 'volume', size });
  const { map, partitions } = await describeDisk(tools, raw);
  expect([map, partitions.length, partitions[0]]).toMatchObject([
    'mbr',
    1,
    { kind: 'Apple HFS+', volume: 'V' },
  ]);
  const listed = execFileSync('7zz', ['l', '-tmbr', raw], { encoding: 'utf8' });
  expect(listed).toContain(String(size));
});

test('a volume that does not fill its partition is changed and not grown', async () => {
  const larger = Buffer.concat([volume, Buffer.alloc(mebibyte)]);
  const path = put(gptDisk([{ type: hfsGuid, bytes: larger }]));
  const before = readFileSync(path);
  await expect(edits.grow(path)).rejects.toThrow(
    /the volume says that it has 4194304 bytes, and its partition has 5242880/,
  );
  await expect(growDisk(tools, path, 64 * mebibyte)).rejects.toThrow(/what follows it is unknown/);
  expect(readFileSync(path).equals(before)).toBe(true);
  await edits.add(path);
});

test('a file without a map or volume is no disk unless it is said to be one', async () => {
  const folder = freshFolder();
  const path = join(folder, 'README.md');
  writeFileSync(path, 'words\n'.repeat(1000));
  const before = readFileSync(path);
  const why = /README\.md is not a disk: it has no partition map, no volume and no header of a disk image/;
  const backed = join(folder, 'backed.qcow2');
  for (const refused of [
    () => growDisk(tools, path, 64 * mebibyte),
    () => describeDisk(tools, path),
    () => fixDisk(tools, path),
    () => newDisk(tools, backed, { backing: path }),
  ])
    await expect(refused()).rejects.toThrow(why);
  expect(readFileSync(path).equals(before)).toBe(true);
  expect((await describeDisk(tools, path, { raw: true })).map).toBe('none');
  expect(await growDisk(tools, path, 2 * mebibyte, { raw: true })).toEqual({ kind: 'disk' });
  expect(readFileSync(path).length).toBe(2 * mebibyte);
});

test('the command line says what it is and what to do', async () => {
  const path = put(sealed[0]?.[1] ?? Buffer.alloc(0));
  const project = testProject({});
  const grown = await project.run(['hfs', 'grow', path, '8M']);
  expect([grown.code, grown.stdout]).toEqual([1, '']);
  expect(grown.stderr).toMatch(coreStorage);
  expect(grown.stderr).toContain('diskutil coreStorage revert');
  expect((await project.run(['hfs', 'check', path])).stderr).toMatch(coreStorage);
  expect((await project.run(['hfs', 'list', path])).stderr).toMatch(coreStorage);
  expect((await project.run(['dmg', 'info', path])).stdout).toMatch(/Apple Core Storage +at .*Core Storage/);
  expect((await project.run(['disk', 'info', path])).stdout).toContain('Core Storage');
});
