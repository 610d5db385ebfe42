import { FormatError, type ByteSource } from '../../base/index.ts';
import {
  childrenOf,
  fieldsOf,
  forkPlace,
  isSymlink,
  isVolumesOwn,
  linkTarget,
  openAttribute,
  openData,
  openFork,
  openVolume,
  pathName,
  unixTime,
  type Entry,
  type HfsVolume,
} from '../../formats/hfsplus/index.ts';
import { contentOf, partitionSource, partitionsOf, readVolumeIn } from '../../image/index.ts';
import { readPartitionMap } from '../../image/index.ts';
import { inMemory } from './streamed.ts';
import type { Content, Side, SideEntry } from './side.ts';
import { windowed } from './windowed.ts';

/** The disk in an image: its partitions, and the files of its HFS+ volumes. */
export async function diskSide(image: ByteSource): Promise<Side> {
  const disk = windowed(image);
  const entries = new Map<string, SideEntry>();
  const map = await readPartitionMap(disk);
  entries.set('partition map', { kind: 'partition', facts: { scheme: map?.scheme ?? 'none' } });
  const volumes: { number: number; bytes: ByteSource }[] = [];
  for (const partition of contentOf(await partitionsOf(disk))) {
    const { number, kind, name, offset, size } = partition;
    const bytes = partitionSource(disk, partition);
    const volume = await readVolumeIn(partition, bytes).catch(damaged);
    const isHfs = volume?.format === 'HFS+' || volume?.format === 'HFSX';
    if (isHfs) volumes.push({ number, bytes });
    if (map === undefined && isHfs) continue;
    entries.set(`partition ${number}`, {
      kind: 'partition',
      facts: {
        type: kind,
        name,
        begin: String(offset),
        size: String(size),
        format: volume?.format ?? 'unknown',
      },
      ...(!isHfs && { content: { kind: 'bytes', size, open: () => Promise.resolve(bytes) } }),
    });
  }
  for (const { number, bytes } of volumes)
    await addVolume(entries, await openVolume(bytes), volumes.length > 1 ? `${number}:` : '');
  return { what: 'disk', entries };
}

function damaged(error: unknown): undefined {
  if (error instanceof FormatError) return undefined;
  throw error;
}

/** Bits of a catalog record's `ownerFlags` and of a volume's `attributes` (TN1150). */
const [compressedFlag, journaledBit] = [0x20, 0x2000];
/** The name of the attribute that has a compressed file's data, or says where they are. */
const ofCompression = 'com.apple.decmpfs';

async function addVolume(entries: Map<string, SideEntry>, volume: HfsVolume, prefix: string): Promise<void> {
  const { header, catalog } = volume;
  const isJournaled = (header.attributes & journaledBit) !== 0;
  entries.set(`${prefix}volume`, {
    kind: 'volume',
    facts: {
      name: catalog.root.name,
      format: header.signature === 0x4858 ? 'HFSX' : 'HFS+',
      journal: isJournaled ? 'yes' : 'no',
      size: String(header.totalBlocks * header.blockSize),
      'block size': String(header.blockSize),
    },
  });
  const open = [{ folder: catalog.root, path: prefix }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const child of childrenOf(volume, next.folder)) {
      if (isVolumesOwn(child)) continue;
      const path = `${next.path}/${pathName(child.name)}`;
      const target = linkTarget(volume, child);
      entries.set(path, await entryOf(volume, target));
      // Hard links to folders are not descended into: they can make circles.
      if (child.kind === 'folder') open.push({ folder: child, path });
    }
  }
}

const none: ReadonlyMap<string, Content> = new Map();

/** Nothing is opened before it is compared: a volume may have a million files. */
async function entryOf(volume: HfsVolume, entry: Entry): Promise<SideEntry> {
  const { mode: type, owner, group, contentModDate, ownerFlags, userInfo } = fieldsOf(entry);
  const isCompressed = (ownerFlags & compressedFlag) !== 0;
  if (entry.kind === 'file' && isSymlink(entry)) {
    const data = await openData(volume, entry);
    const target = Buffer.from(await data.read(0, Math.min(data.size, 1024))).toString('utf8');
    return { kind: 'link', owner, group, target };
  }
  const attributes = attributesOf(volume, entry, userInfo, isCompressed);
  const [mode, modified] = [type & 0o7777, unixTime(contentModDate)];
  const known = modified === undefined ? { mode, owner, group } : { mode, owner, group, modified };
  if (entry.kind === 'folder') return { kind: 'folder', ...known, attributes };
  const { size, startBlock } = forkPlace(entry, 'data');
  const content: Content = {
    kind: 'bytes',
    size: isCompressed ? (await openData(volume, entry)).size : size,
    at: startBlock,
    ...placeOf(volume, entry, isCompressed),
    open: () => openData(volume, entry),
  };
  return { kind: 'file', ...known, attributes, content };
}

/** Where a file's bytes lie, if the image can tell it of its own. */
function placeOf(volume: HfsVolume, entry: Entry, isCompressed: boolean): { readonly place?: string } {
  if (volume.source.place === undefined || isCompressed) return {};
  const fork = openFork(volume, entry, 'data');
  const places = fork.pieces(0, fork.size).map(({ start, length }) => volume.source.place?.(start, length));
  return places.includes(undefined) ? {} : { place: places.join(' ') };
}

function attributesOf(
  volume: HfsVolume,
  entry: Entry,
  finderInfo: Uint8Array,
  isCompressed: boolean,
): ReadonlyMap<string, Content> {
  const stored = volume.attributes.get(entry.id);
  const hasInfo = finderInfo.some((byte) => byte !== 0);
  // A compressed file's resource fork is its data.
  const resource = entry.kind === 'folder' || isCompressed ? 0 : forkPlace(entry, 'resource').size;
  if (stored === undefined && !hasInfo && resource === 0) return none;
  const attributes = new Map<string, Content>();
  for (const [name, attribute] of stored ?? [])
    if (name !== ofCompression)
      attributes.set(
        name,
        readable(() => openAttribute(volume, attribute)),
      );
  if (hasInfo) attributes.set('com.apple.FinderInfo', inMemory(finderInfo));
  if (resource > 0)
    attributes.set(
      'com.apple.ResourceFork',
      readable(() => openFork(volume, entry, 'resource')),
    );
  return attributes;
}

function readable(open: () => ByteSource): Content {
  return { kind: 'bytes', size: open().size, open: () => Promise.resolve(open()) };
}
