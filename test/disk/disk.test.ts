import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { describeDisk, findDiskTools, fixDisk, growDisk, newDisk } from '../../src/disk/index.ts';
import { editVolume, findEntry, newVolume, openData, openVolume } from '../../src/formats/hfsplus/index.ts';
import { memorySource, windowOf } from '../../src/formats/source/index.ts';
import { findHfsPlus } from '../../src/image/index.ts';
import { withServedDisk, type RemoteDisk } from '../../src/vm/index.ts';
import { freshFolder } from '../rig/folder.ts';
import { fsckHfsPlus, needs, sgdiskVerify } from '../rig/judges/index.ts';

const tools = findDiskTools();
const loader = { timeout: 5, kernelFlags: ['idlehalt=0', 'keepsyms=1'] };
const mebibyte = 2 ** 20;
const kext = 'System/Library/Extensions/AppleIntelCPUPowerManagement.kext';

function digest(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** The disk in an image, as a raw file that the judges read. */
function rawOf(image: string): string {
  const raw = join(freshFolder(), 'disk.raw');
  execFileSync('qemu-img', ['convert', '-O', 'raw', image, raw]);
  return raw;
}

async function change(
  image: string,
  format: string,
  use: (disk: RemoteDisk) => Promise<void>,
): Promise<void> {
  await withServedDisk(tools.system, { file: image, format, writable: true }, use);
}

/** A disk onto which somebody has installed something like 10.7. */
async function installed(withKext = true): Promise<string> {
  const image = join(freshFolder(), 'mac.qcow2');
  await newDisk(tools, image, { size: 256 * mebibyte, volume: { name: 'Macintosh HD', loader } });
  await change(image, 'qcow2', async (disk) => {
    const { volume, offset } = await findHfsPlus(disk);
    const edit = await editVolume(await openVolume(volume));
    const put = (path: string, text: string): void => {
      const parts = path.split('/');
      const name = parts.pop() ?? '';
      let folder = edit.root;
      parts.forEach((part, i) => {
        folder = edit.find(parts.slice(0, i + 1).join('/')) ?? edit.makeFolder(folder, part);
      });
      edit.putFile(folder, name, { data: memorySource(Buffer.from(text)) });
    };
    put(
      'System/Library/CoreServices/SystemVersion.plist',
      '<?xml version="1.0"?><plist version="1.0"><dict><key>ProductVersion</key><string>10.7.5</string></dict></plist>',
    );
    put('System/Library/Extensions/Other.kext/Contents/Info.plist', 'other');
    put('System/Library/Caches/com.apple.kext.caches/Startup/kernelcache', 'x'.repeat(100_000));
    if (withKext) {
      put(`${kext}/Contents/Info.plist`, 'info');
      put(`${kext}/Contents/MacOS/AppleIntelCPUPowerManagement`, 'y'.repeat(300_000));
    }
    await edit.commit(windowOf(disk, offset, volume.size), { size: volume.size });
  });
  return image;
}

async function textOf(image: string, path: string): Promise<string | undefined> {
  return withServedDisk(
    tools.system,
    { file: image, format: 'qcow2', writable: false, onTop: true },
    async (disk) => {
      const volume = await openVolume((await findHfsPlus(disk)).volume);
      const entry = findEntry(volume, path);
      if (entry === undefined) return undefined;
      const data = await openData(volume, entry);
      return Buffer.from(await data.read(0, data.size)).toString('latin1');
    },
  );
}

describe('a new disk', () => {
  it('is empty as qemu-img makes it', async () => {
    const image = join(freshFolder(), 'a:b,c.qcow2');
    await newDisk(tools, image, { size: 30 * 2 ** 30 });
    expect(await describeDisk(tools, image)).toMatchObject({
      format: 'qcow2',
      size: 30 * 2 ** 30,
      map: 'none',
      partitions: [],
    });
  });

  it('has a map and a volume to install onto, sound to the judges', async (context) => {
    needs(context, 'sgdisk', 'hfsprogs');
    const image = join(freshFolder(), 'mac.qcow2');
    await newDisk(tools, image, { size: 300 * mebibyte, volume: { name: 'Macintosh HD', loader } });
    execFileSync('qemu-img', ['check', '-q', image]);
    const { map, partitions } = await describeDisk(tools, image);
    expect(map).toBe('gpt');
    expect(partitions.map(({ kind, volume }) => [kind, volume])).toEqual([
      ['EFI system', undefined],
      ['Apple HFS+', 'Macintosh HD'],
    ]);
    const raw = rawOf(image);
    expect(sgdiskVerify(raw)).toMatchObject({ clean: true });
    const { offset = 0, size = 0 } = partitions[1] ?? {};
    expect(fsckHfsPlus(raw, { offset, size })).toMatchObject({ clean: true });
    const plist = (await textOf(image, 'Extra/org.chameleon.Boot.plist')) ?? '';
    expect(execFileSync('xmllint', ['--nonet', '--noout', '-'], { input: plist, stdio: 'pipe' }).length).toBe(
      0,
    );
    expect(plist).toContain('<string>idlehalt=0 keepsyms=1</string>');
  });

  it('on top of another leaves that one as it is', async () => {
    const base = await installed();
    const before = digest(base);
    const image = join(freshFolder(), 'mine.qcow2');
    await newDisk(tools, image, { backing: base });
    const trust = { format: 'qcow2', backing: dirname(base) };
    expect(await describeDisk(tools, image, trust)).toMatchObject({ backing: base, size: 256 * mebibyte });
    expect(await fixDisk(tools, image, trust)).toContain(kext);
    expect(digest(base)).toBe(before);
    expect(await textOf(base, `${kext}/Contents/Info.plist`)).toBe('info');
    expect(await textOf(image, `${kext}/Contents/Info.plist`)).toBeUndefined();
  });

  it.each([
    ['that is there already', { size: 2 ** 30 }, 'exists'],
    ['without a size', {}, 'usage'],
    ['too small for a volume', { size: 2 ** 27, volume: { name: 'x', loader } }, 'usage'],
    [
      'with a name that no volume can have',
      { size: 2 ** 30, volume: { name: 'x'.repeat(300), loader } },
      undefined,
    ],
    ['on top of nothing', { backing: '/no/such/image' }, 'no-file'],
  ])('%s is refused and nothing is left', async (what, options, code) => {
    const folder = freshFolder();
    const image = join(folder, 'mac.qcow2');
    if (what === 'that is there already') writeFileSync(image, 'mine');
    await expect(newDisk(tools, image, options)).rejects.toMatchObject(code === undefined ? {} : { code });
    expect(readdirSync(folder)).toEqual(what === 'that is there already' ? ['mac.qcow2'] : []);
  });
});

describe('disk fix', () => {
  it('takes the extension and its caches off, and nothing else', async (context) => {
    needs(context, 'hfsprogs');
    const image = await installed();
    expect(await fixDisk(tools, image)).toEqual([
      kext,
      'System/Library/Caches/com.apple.kext.caches/Startup',
    ]);
    expect(await textOf(image, `${kext}/Contents/Info.plist`)).toBeUndefined();
    expect(await textOf(image, 'System/Library/Extensions/Other.kext/Contents/Info.plist')).toBe('other');
    const { partitions } = await describeDisk(tools, image);
    expect(partitions[1]?.system).toBe('10.7.5');
    const { offset = 0, size = 0 } = partitions[1] ?? {};
    expect(fsckHfsPlus(rawOf(image), { offset, size })).toMatchObject({ clean: true });
    execFileSync('qemu-img', ['check', '-q', image]);
    expect(readdirSync(join(image, '..'))).toEqual(['mac.qcow2']);
  });

  it('works on a raw disk as well', async () => {
    const raw = rawOf(await installed());
    expect(await fixDisk(tools, raw)).toHaveLength(2);
    expect(await fixDisk(tools, raw)).toBeUndefined();
  });

  it('without the extension changes not a byte', async () => {
    const image = await installed(false);
    const before = digest(image);
    expect(await fixDisk(tools, image)).toBeUndefined();
    expect(digest(image)).toBe(before);
  });

  it('leaves an image as it was when its volume is damaged', async () => {
    const image = await installed();
    await change(image, 'qcow2', async (disk) => {
      const { offset } = await findHfsPlus(disk);
      // The header's count of files: everything can still be read and edited.
      await disk.write(offset + 1024 + 112, Buffer.from('ffffffffffffffff', 'hex'));
    });
    const before = digest(image);
    await expect(fixDisk(tools, image)).rejects.toThrow();
    expect(digest(image)).toBe(before);
    expect(readdirSync(join(image, '..'))).toEqual(['mac.qcow2']);
  });

  it('of a disk that a guest runs from is refused', async () => {
    const image = await installed();
    const before = digest(image);
    const guest = spawn('qemu-system-x86_64', [
      '-machine',
      'q35',
      '-accel',
      'tcg',
      '-S',
      '-display',
      'none',
      '-monitor',
      'stdio',
      '-drive',
      `file=${image},format=qcow2`,
    ]);
    onTestFinished(() => void guest.kill('SIGKILL'));
    await once(guest.stdout, 'data');
    await expect(fixDisk(tools, image)).rejects.toThrow(/lock/);
    guest.kill('SIGKILL');
    await once(guest, 'close');
    expect(digest(image)).toBe(before);
  });

  it('of what is no disk says so', async () => {
    const folder = freshFolder();
    writeFileSync(join(folder, 'text'), 'Dear Mac,\n'.repeat(1000));
    await expect(fixDisk(tools, join(folder, 'text'))).rejects.toThrow(
      /text is not a disk: it has no partition map/,
    );
    expect(readdirSync(folder)).toEqual(['text']);
  });
});

describe('disk grow', () => {
  it('grows the disk, its map and the volume that ends it', async (context) => {
    needs(context, 'sgdisk', 'hfsprogs');
    const image = await installed();
    const grown = await growDisk(tools, image, 600 * mebibyte);
    expect(grown.kind).toBe('volume');
    const { size, partitions } = await describeDisk(tools, image);
    expect(size).toBe(600 * mebibyte);
    expect(partitions[1]).toMatchObject({ volume: 'Macintosh HD', system: '10.7.5' });
    const raw = rawOf(image);
    expect(sgdiskVerify(raw)).toMatchObject({ clean: true });
    const { offset = 0, size: volumeSize = 0 } = partitions[1] ?? {};
    // Behind it is what loaders want free, and the backup.
    expect(offset + volumeSize).toBe(600 * mebibyte - (128 + 33) * 512);
    expect(fsckHfsPlus(raw, { offset, size: volumeSize })).toMatchObject({ clean: true });
    expect(await textOf(image, `${kext}/Contents/Info.plist`)).toBe('info');
  });

  it('grows the disk alone where nothing is on it', async () => {
    const image = join(freshFolder(), 'mac.qcow2');
    await newDisk(tools, image, { size: 2 ** 30 });
    expect(await growDisk(tools, image, 2 ** 31)).toEqual({ kind: 'disk' });
    expect((await describeDisk(tools, image)).size).toBe(2 ** 31);
  });

  it.each([[256 * mebibyte], [2 ** 27], [2 ** 30 + 1]])('not to %i bytes', async (size) => {
    const image = await installed();
    const before = digest(image);
    await expect(growDisk(tools, image, size)).rejects.toMatchObject({ code: 'usage' });
    expect(digest(image)).toBe(before);
  });
});

describe('a disk that is served', () => {
  it('is read and written at any place, across requests of its protocol', async () => {
    const image = join(freshFolder(), 'disk.raw');
    const file = await open(image, 'w');
    await file.truncate(8 * mebibyte);
    await file.close();
    const bytes = Buffer.alloc(3 * mebibyte + 17, 'cider');
    await change(image, 'raw', async (disk) => {
      expect(disk.size).toBe(8 * mebibyte);
      await disk.write(4095, bytes);
      expect(Buffer.from(await disk.read(4095, bytes.length)).equals(bytes)).toBe(true);
      expect(await disk.read(0, 0)).toHaveLength(0);
    });
    expect(
      readFileSync(image)
        .subarray(4095, 4095 + bytes.length)
        .equals(bytes),
    ).toBe(true);
  });

  it('refuses what lies beyond its end', async () => {
    const image = join(freshFolder(), 'disk.raw');
    writeFileSync(image, Buffer.alloc(mebibyte));
    await expect(
      change(image, 'raw', (disk) => disk.write(mebibyte - 1, Buffer.alloc(512))),
    ).rejects.toMatchObject({ code: 'nbd' });
    expect(existsSync(image)).toBe(true);
  });

  it('is not written where it was opened to be read', async () => {
    const image = join(freshFolder(), 'disk.raw');
    writeFileSync(image, Buffer.alloc(mebibyte));
    const file = { file: image, format: 'raw', writable: false };
    await expect(
      withServedDisk(tools.system, file, (disk) => disk.write(0, Buffer.alloc(512, 1))),
    ).rejects.toMatchObject({ code: 'nbd' });
    expect(readFileSync(image).every((byte) => byte === 0)).toBe(true);
  });
});

it('a volume without a map is grown too', async (context) => {
  needs(context, 'hfsprogs');
  const image = join(freshFolder(), 'volume.raw');
  const edit = newVolume({ name: 'Lone', date: new Date(0) });
  const size = 32 * mebibyte;
  writeFileSync(image, Buffer.alloc(size));
  await change(image, 'raw', (disk) => edit.commit(disk, { size }));
  expect(await growDisk(tools, image, 2 * size)).toEqual({ kind: 'volume', size: 2 * size });
  expect(fsckHfsPlus(image)).toMatchObject({ clean: true });
});
