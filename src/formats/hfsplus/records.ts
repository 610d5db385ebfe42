import { array, bytes, struct, u16, u32, u64, u8, type Decoded } from '../struct/index.ts';
import { extent, forkData } from './volume-header.ts';

/** Beginning of every B-tree node (TN1150, "Node Structure"). */
export const nodeDescriptor = struct('hfsplus.nodeDescriptor', {
  next: u32, // the node after this one on its level
  previous: u32,
  kind: u8,
  height: u8, // 1 leaves; 0 header and map nodes
  recordCount: u16,
  reserved: u16,
});

export const nodeKind = { leaf: 0xff, index: 0, header: 1, map: 2 } as const;

/** First record of a tree's header node (TN1150, "Header Record"). */
export const treeHeader = struct('hfsplus.treeHeader', {
  treeDepth: u16,
  rootNode: u32,
  leafRecords: u32,
  firstLeafNode: u32,
  lastLeafNode: u32,
  nodeSize: u16,
  maxKeyLength: u16,
  totalNodes: u32,
  freeNodes: u32,
  reserved1: u16,
  clumpSize: u32,
  treeType: u8, // 0: ours
  keyCompareType: u8, // 0xCF folding, 0xBC binary; of HFSX' catalog only
  attributes: u32,
  reserved3: array(u32, 16),
});
export type TreeHeader = Decoded<typeof treeHeader>;

export const binaryCompare = 0xbc;

/** What the records of files and folders have in common, 88 bytes; a file's forks follow (TN1150, "Catalog Files"). */
export const catalogRecord = struct('hfsplus.catalogRecord', {
  type: u16,
  flags: u16,
  /** Of a folder: how many things are in it. Of a hard link's file: the first link's id. */
  valence: u32,
  id: u32,
  createDate: u32,
  contentModDate: u32,
  attributeModDate: u32,
  accessDate: u32,
  backupDate: u32,
  owner: u32, // of a hard link: the previous link's id
  group: u32, // of a hard link: the next link's id
  adminFlags: u8,
  ownerFlags: u8,
  mode: u16,
  special: u32, // of a hard link the number of its file; of that file how many links it has; of a device its number
  userInfo: bytes(16), // of a file: type, creator, Finder flags …
  finderInfo: bytes(16),
  textEncoding: u32,
  /** Of a folder with bit 0x10 of its flags: how many folders are in it. */
  folderCount: u32,
});
export type CatalogRecord = Decoded<typeof catalogRecord>;

export const recordType = { folder: 1, file: 2, folderThread: 3, fileThread: 4 } as const;
export const folderRecordSize = catalogRecord.size;
export const dataForkOffset = catalogRecord.size;
export const resourceForkOffset = dataForkOffset + forkData.size;
export const fileRecordSize = resourceForkOffset + forkData.size;

/** A bit of `flags`: the link is in a chain, which the Finder's aliases are not. */
export const linkChainFlag = 0x20;

/** Bits of `mode`. */
export const fileMode = { kind: 0o170000, file: 0o100000, folder: 0o040000, link: 0o120000 } as const;

/** A bit of `ownerFlags`: the file's data are compressed in an attribute or in the resource fork. */
export const compressedFlag = 0x20;

/** Catalog node ids that are not a user's (TN1150, "Catalog Node IDs"). */
export const reservedId = {
  rootParent: 1,
  root: 2,
  extents: 3,
  catalog: 4,
  badBlocks: 5,
  allocation: 6,
  startup: 7,
  attributes: 8,
  firstUser: 16,
} as const;

/** An attribute in its record (TN1150, "Attributes File"); its bytes follow. */
export const inlineAttribute = struct('hfsplus.inlineAttribute', {
  type: u32,
  reserved: array(u32, 2),
  size: u32,
});
/** An attribute in a fork of its own, or the extents it has beside its first eight. */
export const forkAttribute = struct('hfsplus.forkAttribute', { type: u32, reserved: u32, fork: forkData });
export const extentsAttribute = struct('hfsplus.extentsAttribute', {
  type: u32,
  reserved: u32,
  extents: array(extent, 8),
});
/** The attribute that is an access control list. */
export const securityAttribute = 'com.apple.system.Security';
export const attributeType = { inline: 0x10, fork: 0x20, extents: 0x30 } as const;

/** The block that says where the journal is (TN1150, "Journal Info Block"). */
export const journalInfo = struct('hfsplus.journalInfo', {
  flags: u32,
  device: bytes(32),
  offset: u64,
  size: u64,
});
export const journalFlag = { inVolume: 1, needsInit: 4 } as const;
