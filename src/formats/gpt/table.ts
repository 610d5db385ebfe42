import { FormatError, type ByteSource } from '../../base/index.ts';
import { crc32 } from '../udif/crc32.ts';
import { readGuid } from './guid.ts';
import { gptEntry, gptHeader, gptSectorSize as sectorSize, gptSignature, type GptHeader } from './layout.ts';

export interface GptPartition {
  /** Lower-case, as people write GUIDs. */
  readonly type: string;
  readonly id: string;
  readonly name: string;
  /** In bytes. */
  readonly offset: number;
  readonly size: number;
}

/** One of a disk's two tables, checked. */
export interface GptTable {
  readonly header: GptHeader;
  /** The header's sector as it is, but for its CRC-32, which is 0. */
  readonly rawHeader: Uint8Array;
  readonly rawEntries: Uint8Array;
  readonly partitions: readonly GptPartition[];
}

/** Both tables: each as read, or what is wrong with it. */
export interface GptTables {
  readonly primary: GptTable | FormatError;
  readonly backup: GptTable | FormatError;
  /** The primary, or the backup where that is damaged. */
  readonly best: GptTable;
}

const largestTable = 2 ** 20;

/** @returns undefined when there is no table at either end @throws FormatError when neither is sound */
export async function readTables(disk: ByteSource): Promise<GptTables | undefined> {
  const found = await hasSignature(disk, sectorSize);
  const lastSector = Math.floor(disk.size / sectorSize) - 1;
  if (!found && !(await hasSignature(disk, lastSector * sectorSize))) return undefined;
  const primary = await table(disk, 1).catch(damage);
  const backupSector = primary instanceof FormatError ? lastSector : Number(primary.header.otherSector);
  const backup = await table(disk, backupSector).catch(damage);
  const best = primary instanceof FormatError ? backup : primary;
  if (best instanceof FormatError) throw best;
  return { primary, backup, best };
}

/** Where the disk ends according to a table, in sectors. */
export function endOf({ header }: GptTable): number {
  return Math.max(...[header.sector, header.otherSector, header.lastUsable].map(Number)) + 1;
}

function damage(error: unknown): FormatError {
  if (error instanceof FormatError) return error;
  throw error;
}

async function hasSignature(disk: ByteSource, offset: number): Promise<boolean> {
  if (offset < 0 || offset + sectorSize > disk.size) return false;
  const head = await disk.read(offset, 8);
  return new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true) === gptSignature;
}

async function table(disk: ByteSource, sector: number): Promise<GptTable> {
  const at = sector * sectorSize;
  const fail = (message: string): never => {
    throw new FormatError('gpt', message, { offset: at });
  };
  if (!Number.isSafeInteger(at) || at + sectorSize > disk.size) return fail('its header is not on the disk');
  // Copies, for a Buffer's slice would share its memory.
  const rawHeader = new Uint8Array(await disk.read(at, sectorSize));
  const header = gptHeader.decode(rawHeader, 0, at);
  if (header.signature !== gptSignature) return fail('its header does not begin with "EFI PART"');
  if (header.headerSize < gptHeader.size || header.headerSize > sectorSize) {
    return fail(`its header's size ${header.headerSize} is not from ${gptHeader.size} to ${sectorSize}`);
  }
  rawHeader.fill(0, 16, 20);
  if (crc32(rawHeader.subarray(0, header.headerSize)) !== header.headerCrc32)
    return fail("its header's CRC-32 is wrong");
  const length = header.entryCount * header.entrySize;
  if (header.entrySize < gptEntry.size || length > largestTable) {
    return fail(`${header.entryCount} entries of ${header.entrySize} bytes are not a table`);
  }
  const most = BigInt(Math.floor(disk.size / sectorSize));
  // otherSector may be missing: a shortened image still has the partitions it has.
  if (header.entriesSector >= most) return fail('its entries are not on the disk');
  if (header.otherSector > 2n ** 43n || header.lastUsable > 2n ** 43n)
    return fail('its sectors lie beyond any disk');
  const start = Number(header.entriesSector) * sectorSize;
  if (start + length > disk.size) return fail('its entries are not on the disk');
  const rawEntries = new Uint8Array(await disk.read(start, length));
  if (crc32(rawEntries) !== header.entriesCrc32) return fail("its entries' CRC-32 is wrong");
  const partitions: GptPartition[] = [];
  for (let index = 0; index < header.entryCount; index++) {
    const entry = gptEntry.decode(rawEntries, index * header.entrySize, start);
    if (entry.type.every((byte) => byte === 0)) continue;
    if (entry.firstSector > entry.lastSector || entry.lastSector >= 2n ** 43n) {
      return fail(`partition ${index + 1} ends before it begins`);
    }
    partitions.push({
      type: readGuid(entry.type),
      id: readGuid(entry.id),
      name: Buffer.from(entry.name).toString('utf16le').replace(/\0.*$/s, ''),
      offset: Number(entry.firstSector) * sectorSize,
      size: Number(entry.lastSector - entry.firstSector + 1n) * sectorSize,
    });
  }
  return { header, rawHeader, rawEntries, partitions };
}
