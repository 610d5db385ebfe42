import { FormatError, type ByteSource } from '../../base/index.ts';
import { attributeSource, readAttributes, type Attribute, type Attributes } from './attributes.ts';
import { readCatalog, type Catalog, type Entry } from './catalog.ts';
import { decmpfsName, decompressed } from './compressed.ts';
import { forkExtents, forkSource, type ForkSource } from './fork.ts';
import { hardLinkOf, linkedName, privateFolder } from './hard-links.ts';
import { readJournal, replayed, type Journal } from './journal.ts';
import { overflowKey, readOverflow, type ForkKind, type Overflow } from './overflow.ts';
import { compressedFlag, dataForkOffset, fileMode, reservedId, resourceForkOffset } from './records.ts';
import { openTree, type Tree } from './tree.ts';
import {
  forkData,
  readVolumeHeader,
  volumeHeaderOffset,
  type ForkData,
  type VolumeHeader,
} from './volume-header.ts';

/** An HFS+ volume, its catalog read. */
export interface HfsVolume {
  /** With the journal replayed. */
  readonly source: ByteSource;
  readonly header: VolumeHeader;
  readonly journal: Journal | undefined;
  readonly trees: {
    readonly extents: Tree | undefined;
    readonly catalog: Tree;
    readonly attributes: Tree | undefined;
  };
  readonly catalog: Catalog;
  readonly overflow: Overflow;
  readonly attributes: Attributes;
}

/** @throws FormatError when it is no HFS+ volume or damaged where it has to be read */
export async function openVolume(volume: ByteSource): Promise<HfsVolume> {
  const before = await readVolumeHeader(volume);
  if (before === undefined)
    throw new FormatError('hfsplus', 'not an HFS+ volume', { offset: volumeHeaderOffset });
  const journal = await readJournal(volume, before);
  const source = journal === undefined ? volume : replayed(volume, journal);
  const header = (await readVolumeHeader(source)) ?? before;
  const fork = (data: ForkData, more: Overflow, id: number, what: string, field: number): ForkSource => {
    const list = more.get(overflowKey(id, 'data')) ?? [];
    const extents = forkExtents(data, list, header, `the ${what} file`, volumeHeaderOffset + field);
    return forkSource(source, extents, Number(data.logicalSize), header.blockSize);
  };
  const none: Overflow = new Map();
  const extents = await openTree(
    fork(header.extentsFile, none, reservedId.extents, 'extents', 192),
    'extents',
  );
  const overflow = await readOverflow(extents);
  const catalogTree = await openTree(
    fork(header.catalogFile, overflow, reservedId.catalog, 'catalog', 272),
    'catalog',
  );
  if (catalogTree === undefined)
    throw new FormatError('hfsplus', 'the volume has no catalog', { offset: volumeHeaderOffset + 272 });
  const attributesTree = await openTree(
    fork(header.attributesFile, overflow, reservedId.attributes, 'attributes', 352),
    'attributes',
  );
  return {
    source,
    header,
    journal,
    trees: { extents, catalog: catalogTree, attributes: attributesTree },
    catalog: await readCatalog(catalogTree),
    overflow,
    attributes: await readAttributes(attributesTree, header),
  };
}

export function forkOf(entry: Pick<Entry, 'record'>, kind: ForkKind): ForkData {
  return forkData.decode(entry.record, kind === 'data' ? dataForkOffset : resourceForkOffset);
}

/** Gives a fork's size in bytes and its first block, from the file's record alone; a compressed file's data are elsewhere. */
export function forkPlace(
  file: Entry,
  fork: ForkKind,
): { readonly size: number; readonly startBlock: number } {
  const at = fork === 'data' ? dataForkOffset : resourceForkOffset;
  // TN1150, HFSPlusForkData: logicalSize, clumpSize, totalBlocks, extents.
  return { size: Number(file.record.readBigUInt64BE(at)), startBlock: file.record.readUInt32BE(at + 16) };
}

/** A file's fork as it is stored. */
export function openFork(volume: HfsVolume, entry: Entry, kind: ForkKind): ForkSource {
  const fork = forkOf(entry, kind);
  const more = volume.overflow.get(overflowKey(entry.id, kind)) ?? [];
  const what = `the ${kind} fork of file ${entry.id}`;
  const extents = forkExtents(fork, more, volume.header, what, entry.at);
  return forkSource(volume.source, extents, Number(fork.logicalSize), volume.header.blockSize);
}

export function openAttribute(volume: HfsVolume, attribute: Attribute): ByteSource {
  return attributeSource(attribute, volume.source, volume.header.blockSize);
}

/** What a hard link stands for; any other entry stands for itself. @throws FormatError when it is missing */
export function linkTarget(volume: HfsVolume, entry: Entry): Entry {
  const link = hardLinkOf(entry);
  if (link === undefined) return entry;
  const { root, fold } = volume.catalog;
  const folder = root.children?.get(fold(privateFolder[link.to]));
  const target = folder?.children?.get(fold(`${linkedName[link.to]}${link.number}`));
  if (target?.kind !== link.to)
    throw new FormatError('hfsplus', `the hard link ${entry.id} leads to nothing (number ${link.number})`, {
      offset: entry.at,
    });
  return target;
}

export function isSymlink(entry: Entry): boolean {
  return entry.kind === 'file' && (entry.record.readUInt16BE(42) & fileMode.kind) === fileMode.link;
}

/** A file's data as its readers see them: hard links followed, compressed ones decoded. */
export async function openData(volume: HfsVolume, entry: Entry): Promise<ByteSource> {
  const file = linkTarget(volume, entry);
  if (file.kind === 'folder')
    throw new FormatError('hfsplus', `file ${entry.id} is a folder's hard link`, { offset: entry.at });
  const packed = volume.attributes.get(file.id)?.get(decmpfsName);
  if (packed === undefined || ((file.record[41] ?? 0) & compressedFlag) === 0)
    return openFork(volume, file, 'data');
  return decompressed(openAttribute(volume, packed), openFork(volume, file, 'resource'), file.at);
}
