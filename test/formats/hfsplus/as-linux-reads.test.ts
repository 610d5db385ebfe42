import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  childrenOf,
  fieldsOf,
  isSymlink,
  linkTarget,
  openFork,
  openVolume,
  unixTime,
  type Entry,
  type HfsVolume,
} from '../../../src/formats/hfsplus/index.ts';
import { memorySource } from '../../../src/formats/source/index.ts';
import { convertDmg, openInside } from '../../../src/image/index.ts';
import { fixture, has, present } from '../../rig/fixtures.ts';
import { freshFolder } from '../../rig/folder.ts';
import { journaledVolume } from '../../rig/images/journaled-volume.ts';
import { fsckHfsPlus, kernelListings, needs, type KernelEntry } from '../../rig/judges/index.ts';
import { caseSensitive, fragmented, linuxVolume } from '../../rig/images/linux-volume.ts';

/** A raw disk or volume in a file. */
async function unpacked(name: string): Promise<string> {
  const path = join(freshFolder(), 'disk');
  const options = { maxBuffer: 2 ** 28, stdio: ['ignore', 'pipe', 'ignore'] as ('ignore' | 'pipe')[] };
  if (name.endsWith('.xz')) writeFileSync(path, execFileSync('xz', ['-dc', fixture(name)], options));
  else if (name.endsWith('.7z')) {
    writeFileSync(path, execFileSync('7zz', ['x', '-so', fixture(name)], options));
    return replayed(path);
  } else await convertDmg(fixture(name), path);
  return path;
}

/** The volume as it is when its journal has been played back, which Linux does not do. */
async function replayed(path: string): Promise<string> {
  const { source, journal } = await openVolume(memorySource(readFileSync(path)));
  const bytes = Buffer.from(await source.read(0, source.size));
  if (journal !== undefined) Buffer.from(journal.emptied).copy(bytes, journal.offset);
  writeFileSync(path, bytes);
  return path;
}

type Read = Pick<KernelEntry, 'kind' | 'mode' | 'owner' | 'group' | 'modified'> & Partial<KernelEntry>;

/** All that Linux can show of a volume, as we read it: hard links followed, compressed files as they are stored. */
async function asWeRead(volume: HfsVolume): Promise<Map<string, Read>> {
  const found = new Map<string, Read>();
  const walk = async (entry: Entry, path: string): Promise<void> => {
    const file = linkTarget(volume, entry);
    const { mode, owner, group, contentModDate } = fieldsOf(file);
    const shared = { mode: mode & 0o7777, owner, group, modified: unixTime(contentModDate) ?? 0 };
    if (file.kind === 'folder') {
      found.set(path, { kind: 'folder', ...shared });
      for (const child of childrenOf(volume, file)) {
        const name = child.name.replaceAll('/', ':').replaceAll('\0', '\u2400');
        if (name !== hidden && !/[\u{10000}-\u{10ffff}]/u.test(name))
          await walk(child, path === '' ? name : `${path}/${name}`);
      }
      return;
    }
    const kind =
      (mode & 0o170000) === 0o100000 || mode === 0 ? 'file' : isSymlink(file) ? 'symlink' : 'other';
    const fork = openFork(volume, file, 'data');
    const data = await fork.read(0, fork.size);
    const content =
      kind === 'file'
        ? { sha256: createHash('sha256').update(data).digest('hex'), size: data.length }
        : kind === 'symlink'
          ? { target: Buffer.from(data).toString('utf8') }
          : {};
    found.set(path, { kind, ...shared, ...content });
  };
  await walk(volume.catalog.root, '');
  return found;
}

/** Linux does not show the folder behind files' hard links. */
const hidden = '\u2400\u2400\u2400\u2400HFS+ Private Data';

/** What is compared; where a record has no mode Linux makes one up. */
function comparable(theirs: KernelEntry, ours: Read): Read {
  const { kind, owner, group, modified, sha256, target, size } = theirs;
  const content = kind === 'file' ? { sha256, size } : kind === 'symlink' ? { target } : {};
  return {
    kind,
    owner,
    group,
    modified,
    mode: ours.mode === 0 ? 0 : theirs.mode,
    ...(content as Partial<KernelEntry>),
  };
}

const volumes = [
  'dfvfs/hfsplus.raw',
  'dfvfs/hfsplus_zlib.dmg',
  'relic/dummy.dmg',
  'brew/container.dmg',
  'kaitokit/hfs-decmpfs.dmg',
  'hfsplus-rs/hfsp-small.img.xz',
  'hfsplus-rs/hfsp-many2.img.xz',
  'hfsinspect/hfsj.bin.7z',
];

test('every volume holds for us what it holds for Linux: names, bytes, modes, owners, dates, links', async (context) => {
  needs(context, 'hfsprogs', 'linux');
  const others = await Promise.all(present(volumes).map(unpacked));
  const disks = [await linuxVolume(fragmented), await linuxVolume(caseSensitive), ...others];
  const listings = await kernelListings(disks);
  for (const [index, disk] of disks.entries()) {
    const { volume, close } = await openInside(disk);
    const ours = await asWeRead(volume);
    await close();
    const theirs = new Map(
      [...(listings[index] ?? [])].map(([path, entry]) => {
        const own = ours.get(path);
        return [path, own === undefined ? entry : comparable(entry, own)];
      }),
    );
    expect(theirs.size).toBeGreaterThan(4);
    expect({ disk, entries: ours }).toEqual({ disk, entries: theirs });
  }
}, 300_000);

test('a journal is played back so that fsck.hfsplus has nothing to say', async (context) => {
  needs(context, 'hfsprogs');
  const path = join(freshFolder(), 'journaled');
  writeFileSync(path, await journaledVolume('dirty'));
  expect(fsckHfsPlus(path)).toMatchObject({ clean: false });
  expect(fsckHfsPlus(await replayed(path))).toMatchObject({ clean: true });
  const name = 'hfsinspect/hfsj.bin.7z';
  if (has(name)) expect(fsckHfsPlus(await unpacked(name))).toMatchObject({ clean: true });
});
