import { createHash } from 'node:crypto';
import { Failure } from '../../../../base/index.ts';
import { foldCase } from '../../case-fold.ts';
import { reservedId } from '../../records.ts';
import { volumeAttribute, type ForkData, type VolumeHeader } from '../../volume-header.ts';
import { setBlocks } from '../blocks/bitmap.ts';
import { blocksBefore } from '../blocks/in-use.ts';
import { folderCountFlag, hfsDate, newRecord, withFields, type Metadata } from './metadata.ts';
import type { Item, Model } from './model.ts';
import { storedName } from './stored-name.ts';
import { newTree } from './tree-shapes.ts';

export interface NewVolumeOptions {
  readonly name: string;
  /** Of the volume and of all that is put into it without dates of its own. */
  readonly date: Date;
  /** In bytes, a power of 2 from 512 to 65536. */
  readonly blockSize?: number;
  /** HFSX, whose names differ by case. */
  readonly caseSensitive?: boolean;
  /** 8 bytes; made from name and date when it is left out. */
  readonly uuid?: Uint8Array;
  /** How large it is going to be at least, in bytes: larger volumes have larger nodes. */
  readonly size?: number;
  /** Of the root folder. */
  readonly root?: Metadata;
}

const empty: ForkData = {
  logicalSize: 0n,
  clumpSize: 0,
  totalBlocks: 0,
  extents: Array.from({ length: 8 }, () => ({ startBlock: 0, blockCount: 0 })),
};

/** A volume that has nothing in it, and no size yet. @throws Failure 'usage' when an option cannot be */
export function newModel(options: NewVolumeOptions): Model {
  const { blockSize = 4096, caseSensitive = false, size = 0 } = options;
  if (blockSize < 512 || blockSize > 65536 || (blockSize & (blockSize - 1)) !== 0)
    throw new Failure(
      'usage',
      `allocation blocks of ${blockSize} bytes are not a power of 2 from 512 to 65536`,
    );
  const now = hfsDate(options.date);
  const name = storedName(options.name);
  const uuid = Buffer.from(
    options.uuid ?? createHash('sha256').update(`${name}\0${now}`).digest().subarray(0, 8),
  );
  const header: VolumeHeader = {
    signature: caseSensitive ? 0x4858 : 0x482b,
    version: caseSensitive ? 5 : 4,
    attributes: volumeAttribute.unmounted,
    lastMountedVersion: '10.0',
    journalInfoBlock: 0,
    createDate: now,
    modifyDate: now,
    backupDate: 0,
    checkedDate: now,
    fileCount: 0,
    folderCount: 0,
    blockSize,
    totalBlocks: 0,
    freeBlocks: 0,
    nextAllocation: 0,
    resourceClumpSize: 65536,
    dataClumpSize: 65536,
    nextCatalogId: reservedId.firstUser,
    writeCount: 0,
    encodings: 1n,
    finderInfo: [0, 0, 0, 0, 0, 0, uuid.readUInt32BE(0), uuid.readUInt32BE(4)],
    allocationFile: empty,
    extentsFile: empty,
    catalogFile: empty,
    attributesFile: empty,
    startupFile: empty,
  };
  const record = withFields(newRecord('folder', reservedId.root, options.root ?? {}, now), {
    special: 0,
    flags: caseSensitive ? folderCountFlag : 0,
  });
  const root: Item = {
    id: reservedId.root,
    kind: 'folder',
    name,
    parent: undefined,
    children: new Map(),
    record,
    present: false,
  };
  const totalBlocks = blocksBefore(blockSize);
  const inUse = new Uint8Array(1);
  setBlocks(inUse, { startBlock: 0, blockCount: totalBlocks });
  return {
    volume: undefined,
    header,
    size: 0,
    totalBlocks,
    inUse,
    trees: {
      extents: newTree('extents', size, caseSensitive),
      catalog: newTree('catalog', size, caseSensitive),
      attributes: newTree('attributes', size, caseSensitive),
    },
    bitmapExtents: [],
    root,
    fold: caseSensitive ? (each) => each : foldCase,
    countsFolders: caseSensitive,
    items: new Map([[root.id, root]]),
    attributes: new Map(),
    overflow: new Map(),
    inodes: { file: new Map(), folder: new Map() },
    freed: [],
    now,
    nextId: reservedId.firstUser,
    idsReused: false,
    finderInfo: [...header.finderInfo],
    encodings: header.encodings,
  };
}
