import { readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { editVolume, openVolume } from '../../../src/formats/hfsplus/index.ts';
import { memorySource } from '../../../src/formats/source/index.ts';
import { openTarget } from '../../../src/image/index.ts';
import { makeHfsPlus } from '../judges/index.ts';
import { inTemporaryFolder } from '../judges/temporary.ts';

const sectorSize = 512;
const listSize = 4096;
const listHeaderSize = 16;
/** Apple TN1150, "Journal Info Block": flags, the journal's offset and its size. */
const info = { flags: 0, offset: 36, size: 44 } as const;

/**
 * A volume of mkfs.hfsplus with a journal that is set up, and some files in it.
 * @param left is the journal left with a transaction that was not carried out: the catalog as it is, and zeros in its place?
 */
export function journaledVolume(left: 'empty' | 'dirty'): Promise<Buffer> {
  return inTemporaryFolder((folder) => makeVolume(join(folder, 'journaled.img'), left));
}

async function makeVolume(path: string, left: 'empty' | 'dirty'): Promise<Buffer> {
  writeFileSync(path, '');
  truncateSync(path, 16 * 2 ** 20);
  makeHfsPlus(path, 'journaled', ['-J', '512K']);
  const target = await openTarget(path, 'present');
  const editor = await editVolume(await openVolume(target), { date: new Date(0) });
  const folder = editor.makeFolder(editor.root, 'folder');
  for (let index = 0; index < 40; index++)
    editor.putFile(folder, `file ${index}`, { data: memorySource(Buffer.alloc(index * 100, index)) });
  await editor.commit(target, { size: target.size });
  await target.close();
  const volume = readFileSync(path);
  // What mounts a volume with a journal says so (TN1150, "Volume Header").
  for (const at of [1024, volume.length - 1024]) volume.write('HFSJ', at + 8, 'latin1');
  const { header } = await openVolume(memorySource(volume));
  const infoAt = header.journalInfoBlock * header.blockSize;
  volume.writeUInt32BE(1, infoAt + info.flags); // In this volume, and set up.
  const at = Number(volume.readBigUInt64BE(infoAt + info.offset));
  const size = Number(volume.readBigUInt64BE(infoAt + info.size));
  const { startBlock = 0, blockCount = 0 } = header.catalogFile.extents[0] ?? {};
  const catalog = { offset: startBlock * header.blockSize, length: blockCount * header.blockSize };
  const end = left === 'empty' ? sectorSize : sectorSize + listSize + catalog.length;
  if (end > size) throw new Error(`a journal of ${size} bytes does not hold ${end}`);
  const head = Buffer.alloc(44);
  head.write('xLNJ', 'latin1');
  head.writeUInt32LE(0x12345678, 4);
  head.writeBigUInt64LE(BigInt(sectorSize), 8);
  head.writeBigUInt64LE(BigInt(end), 16);
  head.writeBigUInt64LE(BigInt(size), 24);
  head.writeUInt32LE(listSize, 32);
  head.writeUInt32LE(sectorSize, 40);
  head.writeUInt32LE(checksum(head), 36);
  head.copy(volume, at);
  if (left === 'dirty') {
    const list = Buffer.alloc(listSize);
    list.writeUInt16LE(listSize / listHeaderSize - 1, 0);
    list.writeUInt16LE(2, 2); // The first entry is the list's own.
    list.writeUInt32LE(listSize + catalog.length, 4);
    list.writeBigUInt64LE(BigInt(catalog.offset / sectorSize), 2 * listHeaderSize);
    list.writeUInt32LE(catalog.length, 2 * listHeaderSize + 8);
    list.writeUInt32LE(checksum(list.subarray(0, 32)), 8);
    list.copy(volume, at + sectorSize);
    volume.copy(volume, at + sectorSize + listSize, catalog.offset, catalog.offset + catalog.length);
    volume.fill(0, catalog.offset, catalog.offset + catalog.length);
  }
  return volume;
}

/** TN1150, "calc_checksum": its own field counts as zeros. */
function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum = ((sum << 8) ^ (sum + byte)) | 0;
  return ~sum >>> 0;
}
