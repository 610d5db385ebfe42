import { array, struct, u32, u64 } from '../struct/index.ts';
import { checksum } from './koly.ts';

/** Block table of one partition, the Data of a blkx entry. All integers big-endian; followed by `runCount` runs. */
export const mish = struct('udif.mish', {
  signature: u32, // 'mish'
  version: u32, // 1
  firstSector: u64,
  sectorCount: u64,
  dataOffset: u64, // added to the runs' offsets
  buffersNeeded: u32,
  descriptor: u32,
  reserved: array(u32, 6),
  checksum,
  runCount: u32,
});

export const mishSignature = 0x6d697368;

/** One run of sectors. Sectors count from the table's first, offsets from its data's. */
export const run = struct('udif.run', {
  type: u32,
  comment: u32,
  sector: u64,
  sectorCount: u64,
  offset: u64,
  length: u64,
});

export const sectorSize = 512;

/** How the bytes of a run are made. `zero` counts in a partition's checksum, `ignore` does not. */
export type ChunkKind = 'zero' | 'raw' | 'ignore' | 'adc' | 'zlib' | 'bzip2' | 'lzfse' | 'lzma';

export const chunkKinds: ReadonlyMap<number, ChunkKind> = new Map([
  [0x00000000, 'zero'],
  [0x00000001, 'raw'],
  [0x00000002, 'ignore'],
  [0x80000004, 'adc'],
  [0x80000005, 'zlib'],
  [0x80000006, 'bzip2'],
  [0x80000007, 'lzfse'],
  [0x80000008, 'lzma'],
]);

/** Runs that hold no sectors. */
export const commentRun = 0x7ffffffe;
export const terminatorRun = 0xffffffff;
