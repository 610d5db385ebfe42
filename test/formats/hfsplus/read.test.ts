import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FormatError, type ByteSource } from '../../../src/base/index.ts';
import {
  childrenOf,
  findEntry,
  isSymlink,
  openData,
  openVolume,
  pathName,
  type Entry,
  type HfsVolume,
} from '../../../src/formats/hfsplus/index.ts';
import { memorySource } from '../../../src/formats/source/index.ts';
import { findHfsPlus, openImage, openInside, type ListedEntry } from '../../../src/image/index.ts';
import { fixture, has, present } from '../../rig/fixtures.ts';
import { compressedContents, compressedVolume } from '../../rig/images/compressed-volume.ts';
import { rounds } from '../../rig/rounds.ts';
import { freshFolder } from '../../rig/folder.ts';
import { journaledVolume } from '../../rig/images/journaled-volume.ts';
import { needs } from '../../rig/judges/index.ts';
import { fragmented, linuxVolume } from '../../rig/images/linux-volume.ts';
import { testProject } from '../../rig/project.ts';

/** Every file's path and digest, in the order of the catalog. */
async function digests(volume: HfsVolume): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  const walk = async (folder: Entry, prefix: string): Promise<void> => {
    for (const child of childrenOf(volume, folder)) {
      const path = prefix + pathName(child.name);
      if (child.kind === 'folder') await walk(child, `${path}/`);
      else if (!isSymlink(child)) {
        const data = await openData(volume, child);
        found.set(path, md5(await data.read(0, data.size)));
      }
    }
  };
  await walk(volume.catalog.root, '');
  return found;
}

function md5(data: Uint8Array): string {
  return createHash('md5').update(data).digest('hex');
}

/** What 7-Zip takes out of an image, by path below the volume's own folder. */
function bySevenZip(image: string): Map<string, string> {
  const folder = join(freshFolder(), 'out');
  mkdirSync(folder);
  execFileSync('7zz', ['x', '-y', `-o${folder}`, image], { stdio: 'ignore' });
  const found = new Map<string, string>();
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const path = join(folder, name);
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) continue;
    const below = name.slice(name.indexOf('/') + 1).normalize('NFC');
    found.set(below.replace('[HFS+ Private Data]', '␀␀␀␀HFS+ Private Data'), md5(readFileSync(path)));
  }
  return found;
}

function unpacked(name: string): string {
  const folder = freshFolder();
  if (name.endsWith('.xz')) {
    const path = join(folder, 'volume.img');
    writeFileSync(path, execFileSync('xz', ['-dkc', fixture(name)], { maxBuffer: 2 ** 28 }));
    return path;
  }
  if (name.endsWith('.7z')) {
    execFileSync('7zz', ['x', '-y', `-o${folder}`, fixture(name)], { stdio: 'ignore' });
    return join(folder, 'hfsj.bin');
  }
  const path = join(folder, 'image.dmg');
  writeFileSync(path, readFileSync(fixture(name)));
  return path;
}

async function openVolumeOf(bytes: Buffer): Promise<{ volume: HfsVolume; close: () => Promise<void> }> {
  return { volume: await openVolume(memorySource(bytes)), close: () => Promise.resolve() };
}

describe('volumes others made', () => {
  test.each(
    present([
      { name: 'dfvfs/hfsplus.raw', files: 8 },
      { name: 'dfvfs/hfsplus.sparseimage', files: 1 },
      { name: 'dfvfs/apm.dmg', files: 1 },
      { name: 'hfsplus-rs/hfsp-many2.img.xz', files: 14984 },
      { name: 'brew/container.dmg', files: 1 },
      { name: 'relic/dummy.dmg', files: 1 },
      { name: 'dfvfs/hfsplus_zlib.dmg', files: 1 },
    ]),
  )('$name has the files that 7-Zip finds, with the same bytes', async ({ name, files }) => {
    const path = unpacked(name);
    const { disk, close } = await openImage(path);
    const volume = await openVolume((await findHfsPlus(disk)).volume);
    expect(volume.header.fileCount).toBeGreaterThanOrEqual(files);
    const theirs = bySevenZip(path);
    const ours = await digests(volume);
    expect(ours.size).toBeGreaterThan(0);
    for (const [file, digest] of ours) expect([file, theirs.get(file)]).toEqual([file, digest]);
    await close();
  });

  test('every kind of compressed file that is known decodes, and the others are refused by their type', async () => {
    const { volume, close } = await openVolumeOf(await compressedVolume());
    for (const [types, content] of [
      [[1, 3, 9, 11], compressedContents.inline],
      [[4, 10, 12], compressedContents.large],
    ] as const)
      for (const type of types) {
        const entry = findEntry(volume, `type${type}`);
        if (entry === undefined) throw new Error(`type${type} is not there`);
        const data = await openData(volume, entry);
        expect(Buffer.from(await data.read(0, data.size)).equals(content)).toBe(true);
      }
    for (const type of [5, 13]) {
      const entry = findEntry(volume, `type${type}`);
      if (entry === undefined) throw new Error(`type${type} is not there`);
      await expect(openData(volume, entry)).rejects.toThrow(`its type ${type} is not known`);
    }
    await close();
    if (has('kaitokit/hfs-decmpfs.dmg')) await expectCompressedByMacOs();
  });

  async function expectCompressedByMacOs(): Promise<void> {
    const { volume, close } = await openInside(`${unpacked('kaitokit/hfs-decmpfs.dmg')}:/`);
    const read = async (name: string): Promise<string> => {
      const entry = childrenOf(volume, volume.catalog.root).find((each) => each.name === name);
      if (entry === undefined) throw new Error(`${name} is not there`);
      const data = await openData(volume, entry);
      return md5(await data.read(0, data.size));
    };
    const [inline, large] = ['fb75375e36049f673d1eacda28a2e4f4', '5e3110565c00d880836890ebbf6a26eb'];
    for (const type of [1, 3, 9, 11]) expect(await read(`inline${type}.bin`)).toBe(inline);
    for (const name of ['zlib4.bin', 'ditto8.txt', 'raw10.bin', 'lzfse12.bin'])
      expect(await read(name)).toBe(large);
    await expect(read('type5.bin')).rejects.toThrow('its type 5 is not known');
    await expect(read('type13.bin')).rejects.toThrow('its type 13 is not known');
    await close();
  }

  test('hard links lead to one file', async (context) => {
    needs(context, 'hfsprogs', 'linux');
    const made = await openInside(`${await linuxVolume(fragmented)}:/`);
    const theirs = await digests(made.volume);
    const once = md5(Buffer.from('in pieces\n'.repeat(150_000)).subarray(0, 1_500_000));
    for (const path of ['pieces', 'deep/hard', 'deep/a/harder']) expect(theirs.get(path)).toBe(once);
    await made.close();
    if (!has('hfsplus-rs/hfsp-small.img.xz')) return;
    const { volume, close } = await openInside(`${unpacked('hfsplus-rs/hfsp-small.img.xz')}:/`);
    const found = await digests(volume);
    expect(found.get('files/link1')).toBe(found.get('files/link2'));
    expect(found.get('files/link1')).toBe('350d6ecdb4252f22909100a7f435bb7e');
    await close();
  });

  test('a journal that was never replayed is replayed while reading', async () => {
    const made = await openVolumeOf(await journaledVolume('dirty'));
    expect(made.volume.journal?.pending.size).toBeGreaterThan(0);
    expect((await digests(made.volume)).get('folder/file 9')).toBe(md5(Buffer.alloc(900, 9)));
    await made.close();
    if (!has('hfsinspect/hfsj.bin.7z')) return;
    const { volume, close } = await openInside(`${unpacked('hfsinspect/hfsj.bin.7z')}:/`);
    expect(volume.journal?.pending.size).toBe(17);
    expect(volume.catalog.entries.size).toBe(1 + volume.header.fileCount + volume.header.folderCount);
    await digests(volume);
    await close();
  });

  test.each(present(['dfvfs/hfsplus.raw', 'hfsplus-rs/hfsp-small.img.xz']))(
    '%s with bytes changed gives files or one error, and nothing else',
    async (name) => {
      const whole = readFileSync(unpacked(name));
      // Only what is not zero says something.
      const places = [...whole.keys()].filter((at) => whole[at] !== 0);
      const change = fc.tuple(fc.constantFrom(...places), fc.integer({ min: 1, max: 255 }));
      await fc.assert(
        fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
          const bytes = Buffer.from(whole);
          for (const [at, by] of changes) bytes[at] = (bytes[at] ?? 0) ^ by;
          const source: ByteSource = memorySource(bytes);
          await openVolume(source)
            .then(digests)
            .catch((error: unknown) => expect(error).toBeInstanceOf(FormatError));
        }),
        { numRuns: rounds(1000) },
      );
    },
  );

  test('the command line lists a folder and gives out a file', async () => {
    const project = testProject({});
    const image = fixture('dfvfs/hfsplus.raw');
    const listed = await project.run(['hfs', 'list', `${image}:/a_directory`]);
    expect(listed.stdout).toBe(
      '100644           53  a_file\n100644            0  a_resourcefork\n100644           22  another_file\n',
    );
    const file = await project.run(['hfs', 'cat', `${image}:/a_directory/a_file`]);
    expect(md5(Buffer.from(file.stdout))).toBe('85bebf486af24792085f769afa46717d');
    const all = await project.run(['hfs', 'list', image]);
    expect(all.stdout).toContain('120755           24  a_link -> a_directory/another_file\n');
    expect(all.stdout).toContain('041555            -  .HFS+ Private Directory Data\u240d/\n');
    const json = await project.run(['hfs', 'list', '-r', '--json', image]);
    const entries = JSON.parse(json.stdout) as ListedEntry[];
    expect(entries.find(({ path }) => path === 'a_directory/a_resourcefork')).toMatchObject({
      kind: 'file',
      mode: '100644',
      owner: 501,
      group: 20,
      size: 0,
    });
    const none = await project.run(['hfs', 'cat', `${image}:/nothing`]);
    expect([none.code, none.stdout]).toEqual([2, '']);
    expect(none.stderr).toContain('there is no /nothing');
  });
});
