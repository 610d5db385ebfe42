import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'plist';
import { describe, expect, test } from 'vitest';
import { Failure } from '../../src/base/index.ts';
import { makeApm } from '../../src/formats/apm/index.ts';
import { gptTypes, makeGpt } from '../../src/formats/gpt/index.ts';
import { memorySource } from '../../src/formats/source/index.ts';
import { convertDmg, createDmg, openImage, verifyDmg } from '../../src/image/index.ts';
import { fixture, present } from '../rig/fixtures.ts';
import { freshFolder } from '../rig/folder.ts';
import { sevenZipDisk } from '../rig/seven-zip.ts';

/** Bytes as a volume has them: text, noise that does not shrink, zeros; the same each time. */
function content(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  let seed = 'content';
  for (let at = 0, kind = 0; at < size; at += 300_000, kind++) {
    const part = bytes.subarray(at, Math.min(size, at + 300_000));
    if (kind % 8 === 3) {
      for (let from = 0; from < part.length; from += 64) {
        const noise = createHash('sha512').update(`${seed}${at}${from}`).digest();
        noise.copy(part, from);
      }
    } else if (kind % 4 !== 2 && kind % 16 < 10) part.fill((seed = `a line of text ${at} `));
  }
  return bytes;
}

const id = '11111111-2222-4333-8444-555555555555';
const volume = content(12 * 2 ** 20);
const disks: Readonly<Record<string, () => Buffer>> = {
  'a GPT disk with EFI': () =>
    disk(
      makeGpt({
        disk: id,
        partitions: [
          { type: gptTypes.efi, id: id.replace('1', '2'), name: 'EFI System Partition', size: 2 ** 20 },
          { type: gptTypes.hfs, id: id.replace('1', '3'), name: 'disk image', size: volume.length },
        ],
        size: 14 * 2 ** 20,
      }),
    ),
  'an Apple map with a driver': () =>
    disk(
      makeApm({ partitions: [{ type: 'Apple_HFS', name: 'disk image', size: volume.length }], driver: true }),
    ),
  'no map': () => volume,
};

function disk(made: ReturnType<typeof makeGpt>): Buffer {
  const bytes = Buffer.alloc(made.size);
  bytes.set(volume, made.partitions.at(-1)?.offset);
  for (const each of made.patches) bytes.set(each.bytes, each.offset);
  return bytes;
}

describe.each(Object.keys(disks))('an image of a disk with %s', (what) => {
  const raw = disks[what]?.() ?? Buffer.alloc(0);

  test.each(['UDZO', 'UDRO'] as const)(
    'as %s is read alike by 7-Zip, qemu-img, dmg2img and us',
    async (format) => {
      const folder = freshFolder();
      const dmg = join(folder, 'made.dmg');
      const created = await createDmg(memorySource(raw), dmg, { format, threads: 2 });
      expect(created).toEqual({ size: raw.length, fileSize: readFileSync(dmg).length });
      if (format === 'UDZO') expect(created.fileSize).toBeLessThan(raw.length / 2);
      expect(sevenZipDisk(dmg).equals(raw)).toBe(true);
      execFileSync('7zz', ['t', '-tdmg', dmg], { stdio: ['ignore', 'ignore', 'pipe'] });
      execFileSync('qemu-img', ['convert', '-f', 'dmg', '-O', 'raw', dmg, join(folder, 'by-qemu')], {
        stdio: 'pipe',
      });
      expect(readFileSync(join(folder, 'by-qemu')).equals(raw)).toBe(true);
      execFileSync('dmg2img', ['-s', dmg, join(folder, 'by-dmg2img')], { stdio: 'pipe' });
      // dmg2img leaves what is zero at the end out.
      const theirs = readFileSync(join(folder, 'by-dmg2img'));
      expect(raw.subarray(0, theirs.length).equals(theirs)).toBe(true);
      expect(raw.subarray(theirs.length).every((byte) => byte === 0)).toBe(true);
      await convertDmg(dmg, join(folder, 'by-us'));
      expect(readFileSync(join(folder, 'by-us')).equals(raw)).toBe(true);
      const verified = await verifyDmg(dmg);
      expect(verified.checked.slice(0, 2)).toEqual(['data fork', 'master']);
      expect(verified.unchecked).toEqual([]);
    },
  );

  test('is the same bytes with threads and without', async () => {
    const folder = freshFolder();
    const images = [0, 1, 3].map((threads) => ({ threads, path: join(folder, `${threads}.dmg`) }));
    for (const { threads, path } of images) await createDmg(memorySource(raw), path, { threads });
    const [first, ...others] = images.map(({ path }) => readFileSync(path));
    for (const other of others) expect(other.equals(first as Buffer)).toBe(true);
  });
});

test('chunks that do not shrink are stored as they are, zeros not at all', async () => {
  const noise = content(300_000 * 4).subarray(900_000, 900_000 + 262_144);
  const raw = Buffer.concat([noise, Buffer.alloc(2 ** 20 - noise.length), Buffer.alloc(3 * 2 ** 20), noise]);
  const dmg = join(freshFolder(), 'made.dmg');
  await createDmg(memorySource(raw), dmg);
  const image = await openImage(dmg);
  const chunks = image.udif?.tables.flatMap((table) => table.chunks.map(({ kind, size }) => [kind, size]));
  await image.close();
  expect(chunks).toEqual([
    ['zlib', 2 ** 20],
    ['zero', 3 * 2 ** 20],
    ['raw', noise.length],
  ]);
});

test("its tables are a property list, and bear the disk's names whatever letters they have", async () => {
  const name = 'a & b <c>';
  const made = makeGpt({ disk: id, partitions: [{ type: gptTypes.hfs, id, name, size: 4096 }] });
  const raw = Buffer.alloc(made.size);
  for (const each of made.patches) raw.set(each.bytes, each.offset);
  const dmg = join(freshFolder(), 'made.dmg');
  await createDmg(memorySource(raw), dmg);
  const bytes = readFileSync(dmg);
  const text = bytes.subarray(bytes.indexOf('<?xml'), -512).toString();
  const { 'resource-fork': fork } = parse(text) as { 'resource-fork': { blkx: { Name: string }[] } };
  expect(fork.blkx.map((each) => each.Name)).toEqual([
    'Protective Master Boot Record (MBR : 0)',
    'GPT Header (Primary GPT Header : 1)',
    'GPT Partition Data (Primary GPT Table : 2)',
    ' (Apple_Free : 3)',
    'a & b <c> (Apple_HFS : 4)',
    // What loaders want free behind it.
    ' (Apple_Free : 5)',
    'GPT Partition Data (Backup GPT Table : 6)',
    'GPT Header (Backup GPT Header : 7)',
  ]);
});

test('an abort leaves nothing behind', async () => {
  const folder = freshFolder();
  const controller = new AbortController();
  const run = createDmg(memorySource(content(30 * 2 ** 20)), join(folder, 'made.dmg'), {
    threads: 2,
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  await expect(run).rejects.toThrow('aborted');
  expect(readdirSync(folder)).toEqual([]);
});

test('what cannot be written, or is no image, is one failure', async () => {
  const folder = freshFolder();
  const nowhere = join(folder, 'no', 'made.dmg');
  await expect(createDmg(memorySource(Buffer.alloc(512)), nowhere)).rejects.toThrow(Failure);
  writeFileSync(join(folder, 'text'), 'no disk');
  await expect(createDmg(join(folder, 'text'), join(folder, 'made.dmg'))).rejects.toThrow('not a disk image');
  expect(existsSync(join(folder, 'made.dmg'))).toBe(false);
});

describe('an image that macOS made', () => {
  test.each(
    present(['dfvfs/hfsplus_zlib.dmg', 'relic/dummy.dmg', 'brew/container.dmg', 'dmgwiz/input_adc.dmg']),
  )('%s made anew has the same tables in the same places, and the same disk', async (name) => {
    const dmg = join(freshFolder(), 'made.dmg');
    await createDmg(fixture(name), dmg);
    expect(sevenZipDisk(dmg).equals(sevenZipDisk(fixture(name)))).toBe(true);
    const [theirs, ours] = [await openImage(fixture(name)), await openImage(dmg)];
    const shape = ({ udif }: typeof ours): unknown =>
      udif?.tables.map((table) => ({
        name: table.name,
        start: table.start,
        size: table.size,
        // In a volume hdiutil ignores what is free, and does not count it.
        crc32: /HFS|APFS/.test(table.name) ? undefined : table.crc32,
      }));
    expect(shape(ours)).toEqual(shape(theirs));
    expect(ours.udif?.koly.imageVariant).toBe(theirs.udif?.koly.imageVariant);
    await Promise.all([theirs.close(), ours.close()]);
  });
});
