import { FormatError, type ByteSource } from '../../base/index.ts';
import { array, struct, text, u16, u32, u64, type Decoded } from '../struct/index.ts';

/** A run of allocation blocks. */
export const extent = struct('hfsplus.extent', { startBlock: u32, blockCount: u32 });

/** Where a fork's bytes are: its first eight extents, 80 bytes. */
export const forkData = struct('hfsplus.forkData', {
  logicalSize: u64,
  clumpSize: u32,
  totalBlocks: u32,
  extents: array(extent, 8),
});
export type ForkData = Decoded<typeof forkData>;

/** Volume header, 512 bytes at offset 1024 (Apple TN1150, "Volume Header"). All integers big-endian. */
export const volumeHeader = struct('hfsplus.volumeHeader', {
  signature: u16, // 0x482B 'H+' or 0x4858 'HX'
  version: u16, // 4 or 5
  attributes: u32, // volumeAttribute bits
  lastMountedVersion: text(4),
  journalInfoBlock: u32,
  createDate: u32, // local time; the other dates are UTC; seconds since 1904
  modifyDate: u32,
  backupDate: u32,
  checkedDate: u32,
  fileCount: u32,
  folderCount: u32,
  blockSize: u32,
  totalBlocks: u32,
  freeBlocks: u32,
  nextAllocation: u32,
  resourceClumpSize: u32,
  dataClumpSize: u32,
  nextCatalogId: u32,
  writeCount: u32,
  encodings: u64,
  finderInfo: array(u32, 8),
  allocationFile: forkData,
  extentsFile: forkData,
  catalogFile: forkData,
  attributesFile: forkData,
  startupFile: forkData,
});
export type VolumeHeader = Decoded<typeof volumeHeader>;

export const volumeHeaderOffset = 1024;

export const volumeAttribute = { unmounted: 1 << 8, inconsistent: 1 << 11, journaled: 1 << 13 } as const;

const signatures: ReadonlyMap<number, { readonly name: 'HFS+' | 'HFSX'; readonly version: number }> = new Map(
  [
    [0x482b, { name: 'HFS+', version: 4 }],
    [0x4858, { name: 'HFSX', version: 5 }],
  ],
);

/** Is it HFS+ or HFSX by its signature? */
export function hfsPlusName(signature: number): 'HFS+' | 'HFSX' | undefined {
  return signatures.get(signature)?.name;
}

/**
 * Reads the volume header. @param volume the whole volume, so that block 0 is at its byte 0
 * @returns undefined when the signature is another's
 */
export async function readVolumeHeader(volume: ByteSource): Promise<VolumeHeader | undefined> {
  if (volume.size < volumeHeaderOffset + volumeHeader.size) return undefined;
  const data = await volume.read(volumeHeaderOffset, volumeHeader.size);
  const header = volumeHeader.decode(data, 0, volumeHeaderOffset);
  const kind = signatures.get(header.signature);
  if (kind === undefined) return undefined;
  const fail = (message: string, field: number): never => {
    throw new FormatError('hfsplus', message, { offset: volumeHeaderOffset + field });
  };
  if (header.version !== kind.version)
    fail(`version ${header.version} is not the ${kind.version} of ${kind.name}`, 2);
  const { blockSize, totalBlocks } = header;
  if (blockSize < 512 || blockSize > 2 ** 30 || (blockSize & (blockSize - 1)) !== 0) {
    fail(`allocation blocks of ${blockSize} bytes are not a power of 2 from 512`, 40);
  }
  if (totalBlocks * blockSize > volume.size) {
    fail(`${totalBlocks} blocks of ${blockSize} bytes are more than the volume's ${volume.size}`, 44);
  }
  return header;
}
