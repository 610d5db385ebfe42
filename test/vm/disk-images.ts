import { writeFileSync } from 'node:fs';

const sector = 512;

/** An HFS+ volume as far as the probe reads it: the header of Apple TN1150, 1024 bytes in. */
function volume(signature: 'H+' | 'HX', blockSize: number, totalBlocks: number): Buffer {
  const bytes = Buffer.alloc(Math.max(3 * sector, blockSize * totalBlocks));
  bytes.write(signature, 1024, 'latin1');
  bytes.writeUInt16BE(signature === 'H+' ? 4 : 5, 1026);
  bytes.writeUInt32BE(blockSize, 1024 + 40);
  bytes.writeUInt32BE(totalBlocks, 1024 + 44);
  return bytes;
}

/** A GPT disk with an EFI partition and, behind it, HFS+ at sector 80. */
export function gptDisk(): Buffer {
  const hfs = volume('H+', 4096, 16);
  const disk = Buffer.concat([Buffer.alloc(80 * sector), hfs, Buffer.alloc(33 * sector)]);
  disk.writeUInt16LE(0xaa55, 510);
  disk[446 + 4] = 0xee;
  const header = disk.subarray(sector);
  header.write('EFI PART', 'latin1');
  header.writeBigUInt64LE(2n, 72);
  header.writeUInt32LE(128, 80);
  header.writeUInt32LE(128, 84);
  entry(disk.subarray(2 * sector), 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b', 40n, 79n);
  entry(disk.subarray(2 * sector + 128), '48465300-0000-11aa-aa11-00306543ecac', 80n, 207n);
  return disk;
}

/** The first three groups of a GUID are little-endian on disk. */
function entry(to: Buffer, type: string, first: bigint, last: bigint): void {
  const groups = type.split('-').map((group) => Buffer.from(group, 'hex'));
  Buffer.concat(groups.map((group, i) => (i < 3 ? Buffer.from(group).reverse() : group))).copy(to);
  to.writeBigUInt64LE(first, 32);
  to.writeBigUInt64LE(last, 40);
}

/**
 * An Apple partition map in blocks of that size: the map itself, a driver, HFSX at block 8, nothing.
 * @param declared the block size that block 0 names
 */
export function apmDisk(blockSize: 512 | 2048, declared = blockSize): Buffer {
  const hfs = volume('HX', 512, 64);
  const disk = Buffer.concat([Buffer.alloc(8 * blockSize), hfs]);
  disk.write('ER', 0, 'latin1');
  disk.writeUInt16BE(declared, 2);
  disk.writeUInt32BE(disk.length / declared, 4);
  const parts = [
    { type: 'Apple_partition_map', start: 1, blocks: 3 },
    { type: 'Apple_Driver_ATAPI', start: 4, blocks: 4 },
    { type: 'Apple_HFSX', start: 8, blocks: hfs.length / blockSize },
    { type: 'Apple_Free', start: 0, blocks: 0 },
  ];
  parts.forEach(({ type, start, blocks }, index) => {
    const map = disk.subarray((index + 1) * blockSize);
    map.write('PM', 'latin1');
    map.writeUInt32BE(parts.length, 4);
    map.writeUInt32BE(start, 8);
    map.writeUInt32BE(blocks, 12);
    map.write(type, 48, 'latin1');
  });
  return disk;
}

/** An MBR whose second entry is HFS+ (type AF) at sector 63. */
export function mbrDisk(): Buffer {
  const disk = Buffer.concat([Buffer.alloc(63 * sector), volume('H+', 1024, 40)]);
  disk.writeUInt16LE(0xaa55, 510);
  disk[446 + 16 + 4] = 0xaf;
  disk.writeUInt32LE(63, 446 + 16 + 8);
  return disk;
}

/** A volume without a map, whose size is no multiple of a sector. */
export function bareDisk(): Buffer {
  return Buffer.concat([volume('H+', 4096, 8), Buffer.alloc(100)]);
}

/** A GPT whose numbers are all as wrong as they can be. */
export function hostileGptDisk(): Buffer {
  const disk = Buffer.alloc(64 * sector, 0xff);
  disk.write('EFI PART', sector, 'latin1');
  disk.writeUInt32LE(128, sector + 84);
  return disk;
}

export function writeImage(path: string, image: Buffer): { readonly path: string; readonly sectors: number } {
  writeFileSync(path, image);
  return { path, sectors: Math.ceil(image.length / sector) };
}
