import { createHash } from 'node:crypto';
import {
  copyFileSync,
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FormatError } from '../../src/base/index.ts';
import {
  childrenOf,
  findEntry,
  isSymlink,
  newVolume,
  openData,
  type Entry,
  type HfsVolume,
} from '../../src/formats/hfsplus/index.ts';
import { writeCpio, type NewEntry } from '../../src/formats/cpio/index.ts';
import { writePbzx } from '../../src/formats/pbzx/index.ts';
import { memorySource } from '../../src/formats/source/index.ts';
import { streamOf } from '../../src/formats/stream/index.ts';
import { writeXar } from '../../src/formats/xar/index.ts';
import { findHfsPlus, openImage, openInside, openTarget } from '../../src/image/index.ts';
import { makeIso, makeSample, openMedium, planIso, releases } from '../../src/installer/index.ts';
import { freshFolder } from '../rig/folder.ts';
import {
  fsckHfsPlus,
  kernelListings,
  mmls,
  needs,
  sgdiskVerify,
  type KernelListing,
} from '../rig/judges/index.ts';

const kernel = Buffer.concat([Buffer.from('a stand-in kernel\n'), Buffer.alloc(300_000, 'kernel')]);
const kernelPath = 'System/Library/Kernels/kernel';
const packagesPath = 'System/Installation/Packages';

interface Made {
  readonly version: string;
  readonly map: 'gpt' | 'apm';
  readonly sample: string;
  readonly iso: string;
  readonly planned: number;
}

const all = releases
  .filter(({ medium }) => medium === 'esd')
  .flatMap(({ version }) => (['gpt', 'apm'] as const).map((map) => ({ version: `${version}.5`, map })));
const made: Made[] = [];

const shared = mkdtempSync(join(tmpdir(), 'cidermill-installer-'));
afterAll(() => rmSync(shared, { recursive: true, force: true }));

beforeAll(async () => {
  for (const { version, map } of all) {
    const sample = join(shared, `InstallESD-${version}-${map}.dmg`);
    const iso = join(shared, `${version}-${map}.iso`);
    await makeSample({ version, map, size: 5 * 2 ** 20, kernel }, sample);
    const medium = await openMedium(sample);
    const plan = await planIso(medium);
    await makeIso(medium, plan, iso);
    await medium.close();
    made.push({ version, map, sample, iso, planned: plan.size });
  }
});

describe('the sample installer of each release, with each map', () => {
  test('the disc has the size that was planned, in whole sectors of a CD-ROM', () => {
    for (const { iso, planned } of made) {
      expect(statSync(iso).size).toBe(planned);
      expect(planned % 2048).toBe(0);
    }
    expect(made).toHaveLength(12);
  });

  test("Apple's fsck finds the volume clean, and sgdisk and mmls its map", async (context) => {
    needs(context, 'hfsprogs', 'sgdisk', 'sleuthkit');
    for (const { iso, map, version } of made) {
      const { volume, offset } = await volumeOf(iso);
      const verdict = fsckHfsPlus(iso, { offset, size: volume.size });
      expect(verdict.clean, `${version} ${map}: ${verdict.said}`).toBe(true);
      if (map === 'gpt') expect(sgdiskVerify(iso).clean, sgdiskVerify(iso).said).toBe(true);
      expect(
        mmls(iso).some(({ start, length }) => start * 512 === offset && length * 512 === volume.size),
      ).toBe(true);
    }
  });

  test("Linux's own driver reads what the medium has: packages, base system, kernel", async (context) => {
    needs(context, 'linux');
    const listings = await kernelListings(made.map(({ iso }) => iso));
    for (const [index, each] of made.entries()) {
      const listing = listings[index] as KernelListing;
      const esd = await openInside(`${each.sample}:/`);
      const packages = await hashes(esd.volume, 'Packages');
      expect(packages.size).toBeGreaterThan(1);
      for (const [path, sha256] of packages) {
        expect(listing.get(`System/Installation/${path}`)?.sha256, path).toBe(sha256);
      }
      expect(listing.get(packagesPath)?.kind).toBe('folder');
      const late = ['10.10', '10.11', '10.12'].some((version) => each.version.startsWith(`${version}.`));
      const kernelHash = createHash('sha256').update(kernel).digest('hex');
      expect(listing.get(kernelPath)?.sha256).toBe(late ? kernelHash : undefined);
      expect(listing.get('mach_kernel')?.sha256).toBe(late ? undefined : kernelHash);
      expect(listing.has('BaseSystem.dmg')).toBe(late);
      expect(listing.has('BaseSystem.chunklist')).toBe(late);
      await esd.close();

      // Everything else of the base system is as it was.
      const base = await openInside(`${each.sample}:/BaseSystem.dmg:/`);
      for (const [path, sha256] of await hashes(base.volume, '')) {
        if (path.startsWith('Library/Compressed/')) continue; // The driver does not decode these.
        expect(listing.get(path)?.sha256, path).toBe(sha256);
      }
      await base.close();
    }
  });

  test('what the driver cannot show is there too: decmpfs, attributes, resource forks', async () => {
    for (const { iso } of made) {
      const { volume, close } = await openInside(`${iso}:/`);
      const small = await textOf(volume, 'Library/Compressed/small.txt');
      expect(small).toBe('small and compressed\n'.repeat(40));
      expect(await textOf(volume, 'Library/Compressed/large.txt')).toBe(
        'large and compressed, but not by much: '.repeat(9000),
      );
      await close();
    }
  });
});

test('the same sample is the same bytes, and so is its disc', async () => {
  const first = made[0] as Made;
  const again = join(freshFolder(), 'again.dmg');
  await makeSample({ version: first.version, map: first.map, size: 5 * 2 ** 20, kernel }, again);
  expect(await digest(again)).toBe(await digest(first.sample));
  const medium = await openMedium(again);
  await makeIso(medium, await planIso(medium), `${again}.iso`, { threads: 1 });
  await medium.close();
  expect(await digest(`${again}.iso`)).toBe(await digest(first.iso));
});

describe('whatever an installer comes in', () => {
  test('an application folder, an image around the application, a package in an image', async () => {
    const { sample } = made[0] as Made;
    const folder = freshFolder();
    const app = join(folder, 'Install OS X Lion.app');
    mkdirSync(join(app, 'Contents/SharedSupport'), { recursive: true });
    copyFileSync(sample, join(app, 'Contents/SharedSupport/InstallESD.dmg'));
    const wrapped = join(folder, 'wrapped.img');
    await writeVolume(wrapped, (edit, esd) => {
      const contents = edit.makeFolder(edit.makeFolder(edit.root, 'Install OS X Lion.app'), 'Contents');
      edit.putFile(edit.makeFolder(contents, 'SharedSupport'), 'InstallESD.dmg', { data: memorySource(esd) });
    });
    const packaged = join(folder, 'packaged.img');
    await writeVolume(packaged, (edit, esd) => {
      const pkg = writeXar([{ path: 'InstallMacOSX.pkg/InstallESD.dmg', data: esd }]);
      edit.putFile(edit.root, 'InstallMacOSX.pkg', { data: memorySource(pkg) });
    });
    const expected = await digest((made[0] as Made).iso);
    for (const path of [app, wrapped, packaged, `${packaged}:/InstallMacOSX.pkg`]) {
      const medium = await openMedium(path);
      expect(medium.system.version).toBe('10.7.5');
      const iso = join(folder, 'made.iso');
      await makeIso(medium, await planIso(medium), iso);
      await medium.close();
      expect(await digest(iso)).toBe(expected);
    }
  });

  test.each(['gzip', 'pbzx'])('an application in a payload, %s, unpacked and removed again', async (how) => {
    const { sample, iso: expected } = made[0] as Made;
    const folder = freshFolder();
    const path = './Install OS X Lion.app/Contents/SharedSupport/InstallESD.dmg';
    const entry: NewEntry = { path, kind: 'file', mode: 0o644, time: 0, content: readFileSync(sample) };
    const cpio = await whole(writeCpio([entry], 'odc'));
    const payload = how === 'gzip' ? gzipSync(cpio) : await whole(writePbzx(streamOf(memorySource(cpio))));
    const pkg = writeXar([{ path: 'InstallMacOSX.pkg/Payload', data: payload }]);
    const packaged = join(folder, 'payload.img');
    await writeVolume(packaged, (edit) => {
      edit.putFile(edit.root, 'InstallMacOSX.pkg', { data: memorySource(pkg) });
    });
    const medium = await openMedium(packaged, { scratch: folder });
    expect(medium.from).toBe(`${packaged}:/InstallMacOSX.pkg`);
    const iso = join(folder, 'made.iso');
    await makeIso(medium, await planIso(medium), iso);
    await medium.close();
    expect(await digest(iso)).toBe(await digest(expected));
    expect(readdirSync(folder).sort()).toEqual(['made.iso', 'payload.img']);
  });

  test('a compressed member of a package, and one that ends too early, which leaves nothing', async () => {
    const { sample, iso: expected } = made[0] as Made;
    const folder = freshFolder();
    const pkg = join(folder, 'installer.pkg');
    writeFileSync(pkg, writeXar([{ path: 'InstallESD.dmg', data: readFileSync(sample), compress: true }]));
    const medium = await openMedium(pkg, { scratch: folder });
    const iso = join(folder, 'made.iso');
    await makeIso(medium, await planIso(medium), iso);
    await medium.close();
    expect(await digest(iso)).toBe(await digest(expected));
    const bytes = readFileSync(pkg);
    bytes[bytes.length - 100_000] = (bytes[bytes.length - 100_000] ?? 0) ^ 255;
    writeFileSync(pkg, bytes);
    await expect(openMedium(pkg, { scratch: folder })).rejects.toThrow(FormatError);
    expect(readdirSync(folder).sort()).toEqual(['installer.pkg', 'made.iso']);
  });

  test.each([
    ['BaseSystem.dmg alone', (sample: string) => `${sample}:/BaseSystem.dmg`, /without the packages/],
    ['a package of it', (sample: string) => `${sample}:/Packages/Essentials.pkg`, /holds no InstallESD\.dmg/],
    ['a path that leads nowhere', (sample: string) => `${sample}:/nowhere.dmg`, /there is no \/nowhere\.dmg/],
  ])('%s is refused by what was seen', async (_, path, message) => {
    await expect(openMedium(path((made[0] as Made).sample))).rejects.toThrow(message);
  });
});

test('the installer itself is not what a disc is written over', async () => {
  const sample = join(freshFolder(), 'InstallESD.dmg');
  copyFileSync((made[0] as Made).sample, sample);
  symlinkSync(sample, `${sample}.iso`);
  const medium = await openMedium(sample);
  const plan = await planIso(medium);
  for (const output of [sample, `${sample}.iso`])
    await expect(makeIso(medium, plan, output)).rejects.toThrow(/give another name/);
  await medium.close();
  expect(await digest(sample)).toBe(await digest((made[0] as Made).sample));
});

describe('a damaged medium', () => {
  test('a base system that its chunklist does not know is refused', async () => {
    const { sample } = made[0] as Made;
    const other = join(freshFolder(), 'other.dmg');
    await makeSample({ version: '10.7.4', map: 'gpt', size: 5 * 2 ** 20, kernel }, other);
    // The one's base system beside the other's list.
    const image = join(freshFolder(), 'mixed.img');
    const from = [await openInside(`${sample}:/`), await openInside(`${other}:/`)] as const;
    const edit = newVolume({ name: 'mixed', date: new Date('2015-01-01T00:00:00Z') });
    for (const [index, name] of (['BaseSystem.chunklist', 'BaseSystem.dmg', 'Packages'] as const).entries()) {
      const { volume } = from[index === 0 ? 1 : 0];
      edit.copyTree(volume, findEntry(volume, name) as Entry, edit.root);
    }
    const target = await openTarget(image, 'new');
    await edit.commit(target, { size: edit.sizeNeeded() });
    await target.close();
    for (const { close } of from) await close();
    const medium = await openMedium(image);
    const out = freshFolder();
    await expect(makeIso(medium, await planIso(medium), join(out, 'o.iso'))).rejects.toThrow(
      /^chunk \d+ of \d+ has the SHA-256 [0-9a-f]{16}…, expected [0-9a-f]{16}… \(chunklist, at byte \d+\)$/,
    );
    await medium.close();
    expect(readdirSync(out)).toEqual([]);
  });

  test('a flipped bit in a package gives one error and no disc', async () => {
    const { sample } = made[0] as Made;
    const bytes = readFileSync(sample);
    const { volume, close } = await openInside(`${sample}:/`);
    await close();
    expect(volume.catalog.entries.size).toBeGreaterThan(5);
    const folder = freshFolder();
    const damaged = join(folder, 'damaged.dmg');
    bytes[Math.floor(bytes.length * 0.6)] = (bytes[Math.floor(bytes.length * 0.6)] ?? 0) ^ 1;
    writeFileSync(damaged, bytes);
    const make = async (): Promise<void> => {
      const medium = await openMedium(damaged);
      try {
        await makeIso(medium, await planIso(medium), join(folder, 'out.iso'));
      } finally {
        await medium.close();
      }
    };
    await expect(make()).rejects.toThrow(FormatError);
    expect(readdirSync(folder)).toEqual(['damaged.dmg']);
  });
});

async function writeVolume(
  path: string,
  fill: (edit: ReturnType<typeof newVolume>, esd: Uint8Array) => void,
): Promise<void> {
  const edit = newVolume({ name: 'wrapped', date: new Date('2015-01-01T00:00:00Z') });
  fill(edit, readFileSync((made[0] as Made).sample));
  const target = await openTarget(path, 'new');
  const size = edit.sizeNeeded();
  await target.resize(size);
  await edit.commit(target, { size });
  await target.close();
}

async function volumeOf(disk: string): Promise<{ volume: { readonly size: number }; offset: number }> {
  const image = await openImage(disk);
  const found = await findHfsPlus(image.disk);
  await image.close();
  return found;
}

/** SHA-256 of every file's data fork as it is stored, by path; hard links and private folders left out. */
async function hashes(volume: HfsVolume, below: string): Promise<Map<string, string>> {
  const result = new Map<string, string>();
  const visit = async (entry: Entry, path: string): Promise<void> => {
    if (entry.kind === 'folder') {
      for (const child of childrenOf(volume, entry)) {
        if (/^(\0|\.HFS\+)/.test(child.name)) continue;
        const name = child.name.replaceAll('/', ':').replaceAll('\0', '\u2400');
        await visit(child, path === '' ? name : `${path}/${name}`);
      }
    } else if (!isSymlink(entry)) {
      const data = await openData(volume, entry);
      result.set(
        path,
        createHash('sha256')
          .update(await data.read(0, data.size))
          .digest('hex'),
      );
    }
  };
  const from = findEntry(volume, below);
  if (from === undefined) throw new Error(`no /${below}`);
  await visit(from, below);
  return result;
}

async function textOf(volume: HfsVolume, path: string): Promise<string> {
  const entry = findEntry(volume, path);
  if (entry === undefined) throw new Error(`no /${path}`);
  const data = await openData(volume, entry);
  return Buffer.from(await data.read(0, data.size)).toString();
}

async function whole(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path)) hash.update(part as Buffer);
  return hash.digest('hex');
}
