import { execFileSync } from 'node:child_process';
import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { findDiskTools, fixDisk, growDisk, newDisk } from '../../src/disk/index.ts';
import { newVolume } from '../../src/formats/hfsplus/index.ts';
import { memorySource, windowOf } from '../../src/formats/source/index.ts';
import { bootPlist, bootPlistPath } from '../../src/guest/boot-plist.ts';
import {
  editImage,
  findHfsPlus,
  loaderTail,
  openImage,
  openInside,
  openTarget,
  readPartitionMap,
} from '../../src/image/index.ts';
import { makeIso, makeSample, openMedium, planIso } from '../../src/installer/index.ts';
import { withServedDisk } from '../../src/vm/index.ts';
import { fileFolder, freshFolder } from '../rig/folder.ts';
import { mmls, needs, sgdiskVerify } from '../rig/judges/index.ts';
import { expectTail } from '../rig/images/tail-rule.ts';
import { hostQemu, runScript } from '../vm/run-script.ts';

const date = new Date('2016-09-20T17:00:00Z');
const maps = ['gpt', 'apm'] as const;
const mebibyte = 2 ** 20;
const folder = fileFolder();
const sample = (map: string): string => join(folder, `${map}.dmg`);
const tools = findDiskTools();

beforeAll(async () => {
  for (const map of maps)
    await makeSample(
      { version: '10.10.5', map, size: 5 * mebibyte, kernel: Buffer.alloc(9000) },
      sample(map),
    );
});

async function expectTailOf(path: string): Promise<number> {
  const { disk, close } = await openImage(path);
  try {
    return await expectTail(disk, path);
  } finally {
    await close();
  }
}

async function expectTailOfDisk(image: string): Promise<void> {
  await withServedDisk(tools.system, { file: image, format: 'qcow2', writable: false }, async (disk) => {
    await expectTail(disk, image);
  });
}

/** A disk as other tools make it, full up to its end: its last file cannot be read by a loader. */
async function othersDisk(map: (typeof maps)[number], size = mebibyte): Promise<string> {
  const path = join(freshFolder(), 'disk.img');
  writeFileSync(path, '');
  const [first, behind] = map === 'gpt' ? [40, 33] : [64, 0];
  truncateSync(path, (first + behind) * 512 + size);
  if (map === 'gpt') execFileSync('sgdisk', ['-a1', `-n1:${first}:0`, '-t1:AF00', path], { stdio: 'pipe' });
  else
    execFileSync('parted', ['-s', path, 'mklabel', 'mac', 'mkpart', 'disk', 'hfs+', `${first}s`, '100%'], {
      stdio: 'pipe',
    });
  const target = await openTarget(path, 'present');
  const place = (await readPartitionMap(target))?.partitions.find(({ offset }) => offset === first * 512);
  const editor = newVolume({ name: 'Others', date, size: place?.size ?? 0 });
  editor.putFile(editor.root, 'file', { data: memorySource(Buffer.alloc(100_000, 1)) });
  await editor.commit(windowOf(target, first * 512, place?.size ?? 0), { size: place?.size ?? 0 });
  await target.close();
  return path;
}

describe('behind the last sector that a file can lie in 128 are free', () => {
  it.each(maps)('in a sample installer with the map %s, and in the base system in it', async (map) => {
    expect(await expectTailOf(sample(map))).toBeGreaterThan(4);
    for (const place of [`${sample(map)}:/`, `${sample(map)}:/BaseSystem.dmg:/`]) {
      const { close } = await openInside(place);
      await close();
    }
    const base = await openMedium(sample(map));
    expect(await expectTail(base.base.disk, 'the base system')).toBeGreaterThan(200);
    await base.close();
  });

  it.each(maps)('on the disc of an installer with the map %s, with settings and without', async (map) => {
    const settings = new Map([[bootPlistPath, bootPlist({ timeout: 3 })]]);
    for (const files of [undefined, settings]) {
      const iso = join(freshFolder(), 'installer.iso');
      const medium = await openMedium(sample(map));
      const plan = await planIso(medium, { files });
      await makeIso(medium, plan, iso);
      await medium.close();
      expect(await expectTailOf(iso)).toBeGreaterThan(200);
      expect(readFileSync(iso)).toHaveLength(plan.size);
    }
  });

  it.each(maps)('on the disc of a DVD of 10.6 with the map %s, which is as it was before', async (map) => {
    const dvd = await othersDisk(map);
    await editVersion(dvd);
    const before = readFileSync(dvd);
    const iso = join(freshFolder(), 'dvd.iso');
    const medium = await openMedium(dvd);
    const plan = await planIso(medium);
    await makeIso(medium, plan, iso);
    await medium.close();
    await expectTailOf(iso);
    expect(plan.tasks).toEqual([
      'the DVD, decoded and otherwise unchanged',
      expect.stringMatching(/^\d+ bytes behind it/),
    ]);
    const { offset, volume } = await findHfsPlus(memorySource(before));
    const range = [offset, offset + volume.size] as const;
    expect(
      readFileSync(iso)
        .subarray(...range)
        .equals(before.subarray(...range)),
    ).toBe(true);
    if (map === 'gpt') expect(sgdiskVerify(iso)).toMatchObject({ clean: true });
  });

  it.each(maps)('in an image of others with the map %s, once it is edited or grown', async (map) => {
    for (const change of ['edit', 'fill', 'grow'] as const) {
      const path = await othersDisk(map);
      await expect(expectTailOf(path)).rejects.toThrow('ends in sector');
      const bytes = { edit: 10, fill: 3 * mebibyte, grow: 10 }[change];
      await editImage(
        path,
        (editor) => editor.putFile(editor.root, 'more', { data: memorySource(Buffer.alloc(bytes, 2)) }),
        { date, ...(change === 'grow' && { size: () => 9 * mebibyte }) },
      );
      await expectTailOf(path);
      if (map === 'gpt') expect(sgdiskVerify(path)).toMatchObject({ clean: true });
      expect(mmls(path).length).toBeGreaterThan(0);
    }
  });

  it('on a new disk with a volume, one that is grown, and one that is fixed', async () => {
    const image = join(freshFolder(), 'mac.qcow2');
    const loader = { timeout: 5, kernelFlags: [] };
    await newDisk(tools, image, { size: 300 * mebibyte, volume: { name: 'Macintosh HD', loader } });
    await expectTailOfDisk(image);
    await growDisk(tools, image, 400 * mebibyte);
    await expectTailOfDisk(image);
    await fixDisk(tools, image);
    await expectTailOfDisk(image);
  });

  it.each(maps)('on a disk of others with the map %s that is grown; too little is refused', async (map) => {
    const raw = await othersDisk(map);
    const image = join(freshFolder(), 'others.qcow2');
    execFileSync('qemu-img', ['convert', '-O', 'qcow2', raw, image]);
    const size = readFileSync(raw).length;
    await expect(growDisk(tools, image, size + 512)).rejects.toThrow('too little room behind its volume');
    await growDisk(tools, image, size + 128 * 512);
    await expectTailOfDisk(image);
    await growDisk(tools, image, size + 10 * mebibyte);
    await expectTailOfDisk(image);
  });

  it('in what the recipes blank-volume and guest-disk make', async () => {
    const blank = await runScript('blank-volume', {
      parameters: { name: 'Blank', size: mebibyte },
      sources: {},
      inputs: {},
      outputs: { disk: 'disk.img' },
    });
    expect(blank.code, blank.log).toBe(0);
    await expectTailOf(join(blank.outputs, 'disk.img'));
    const parameters = { size: 300 * mebibyte, volume: 'Macintosh HD', timeout: 5, 'kernel-flags': [] };
    const guest = await runScript('guest-disk', {
      parameters: { ...parameters, 'graphics-mode': '', gui: false },
      sources: {},
      inputs: { qemu: hostQemu() },
      outputs: { image: 'disk.qcow2' },
    });
    expect(guest.code, guest.log).toBe(0);
    await expectTailOfDisk(join(guest.outputs, 'disk.qcow2'));
  });
});

describe('how much is behind the last volume of a disk', () => {
  it('is told of an image of others, and of none that a loader does not see', async (context) => {
    needs(context, 'sgdisk');
    const gpt = await openImage(await othersDisk('gpt'));
    expect(await loaderTail(gpt.disk)).toMatchObject({ behind: 33 * 512, isEnough: false });
    await gpt.close();
    const bare = join(freshFolder(), 'bare.img');
    const target = await openTarget(bare, 'new');
    await newVolume({ name: 'Bare', date, size: mebibyte }).commit(target, { size: mebibyte });
    expect(await loaderTail(target)).toBeUndefined();
    await target.close();
  });
});

/** Makes what it says it is a release that came on a DVD. */
async function editVersion(path: string): Promise<void> {
  const target = await openTarget(path, 'present');
  const { offset, volume } = await findHfsPlus(target);
  const editor = newVolume({ name: 'Mac OS X Install DVD', date, size: volume.size });
  const folders = ['System', 'Library', 'CoreServices'];
  const last = folders.reduce((parent, name) => editor.makeFolder(parent, name), editor.root);
  const plist =
    '<?xml version="1.0"?><plist version="1.0"><dict><key>ProductVersion</key><string>10.6.3</string>' +
    '<key>ProductBuildVersion</key><string>10D575</string></dict></plist>';
  editor.putFile(last, 'SystemVersion.plist', { data: memorySource(Buffer.from(plist)) });
  await editor.commit(windowOf(target, offset, volume.size), { size: volume.size });
  await target.close();
}
