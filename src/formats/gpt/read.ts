import { FormatError, type ByteSource } from '../../base/index.ts';
import { bytes, struct, u32le, u64le, type Decoded } from '../struct/index.ts';
import { crc32 } from '../udif/crc32.ts';

/** Header of a GUID partition table, at sector 1 and in the last sector (UEFI, "GPT Header"). Little-endian. */
export const gptHeader = struct('gpt.header', {
  signature: u64le, // "EFI PART"
  revision: u32le, // 0x00010000
  headerSize: u32le, // 92 or more
  headerCrc32: u32le, // with this field as 0
  reserved: u32le,
  sector: u64le, // of this header
  otherSector: u64le, // of the other header
  firstUsable: u64le,
  lastUsable: u64le, // inclusive
  disk: bytes(16),
  entriesSector: u64le,
  entryCount: u32le,
  entrySize: u32le, // 128 · 2^n
  entriesCrc32: u32le,
});
export type GptHeader = Decoded<typeof gptHeader>;

/** One entry; the type is all zeros where there is no partition. */
export const gptEntry = struct('gpt.entry', {
  type: bytes(16),
  id: bytes(16),
  firstSector: u64le,
  lastSector: u64le, // inclusive
  attributes: u64le,
  name: bytes(72), // UTF-16
});

export interface GptPartition {
  /** Lower-case, as people write GUIDs. */
  readonly type: string;
  readonly id: string;
  readonly name: string;
  /** In bytes. */
  readonly offset: number;
  readonly size: number;
}

export interface Gpt {
  readonly partitions: readonly GptPartition[];
  /** Where the disk ends according to the table, in bytes. */
  readonly size: number;
  /** Which of the two tables are sound; at least one. */
  readonly sound: readonly ('primary' | 'backup')[];
}

const sectorSize = 512;
const signature = 0x5452415020494645n;
const largestTable = 2 ** 20;

/** Reads a GUID partition table, from its backup where the primary is damaged. @returns undefined when there is none */
export async function readGpt(disk: ByteSource): Promise<Gpt | undefined> {
  const found = await hasSignature(disk, sectorSize);
  const lastSector = Math.floor(disk.size / sectorSize) - 1;
  if (!found && !(await hasSignature(disk, lastSector * sectorSize))) return undefined;
  const primary = await table(disk, 1).catch(damage);
  const backupSector = primary instanceof FormatError ? lastSector : Number(primary.header.otherSector);
  const backup = await table(disk, backupSector).catch(damage);
  const best = primary instanceof FormatError ? backup : primary;
  if (best instanceof FormatError) throw best;
  const ends = [best.header.sector, best.header.otherSector, best.header.lastUsable].map(Number);
  return {
    partitions: best.partitions,
    size: (Math.max(...ends) + 1) * sectorSize,
    sound: [
      ...(primary instanceof FormatError ? [] : (['primary'] as const)),
      ...(backup instanceof FormatError ? [] : (['backup'] as const)),
    ],
  };
}

function damage(error: unknown): FormatError {
  if (error instanceof FormatError) return error;
  throw error;
}

async function hasSignature(disk: ByteSource, offset: number): Promise<boolean> {
  if (offset < 0 || offset + sectorSize > disk.size) return false;
  const head = await disk.read(offset, 8);
  return new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true) === signature;
}

async function table(
  disk: ByteSource,
  sector: number,
): Promise<{ header: GptHeader; partitions: GptPartition[] }> {
  const at = sector * sectorSize;
  const fail = (message: string): never => {
    throw new FormatError('gpt', message, { offset: at });
  };
  if (!Number.isSafeInteger(at) || at + sectorSize > disk.size) return fail('its header is not on the disk');
  const raw = (await disk.read(at, sectorSize)).slice();
  const header = gptHeader.decode(raw, 0, at);
  if (header.signature !== signature) return fail('its header does not begin with "EFI PART"');
  if (header.headerSize < gptHeader.size || header.headerSize > sectorSize) {
    return fail(`its header's size ${header.headerSize} is not from ${gptHeader.size} to ${sectorSize}`);
  }
  raw.fill(0, 16, 20);
  if (crc32(raw.subarray(0, header.headerSize)) !== header.headerCrc32)
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
  const entries = await disk.read(start, length);
  if (crc32(entries) !== header.entriesCrc32) return fail("its entries' CRC-32 is wrong");
  const partitions: GptPartition[] = [];
  for (let index = 0; index < header.entryCount; index++) {
    const entry = gptEntry.decode(entries, index * header.entrySize, start);
    if (entry.type.every((byte) => byte === 0)) continue;
    if (entry.firstSector > entry.lastSector || entry.lastSector >= 2n ** 43n) {
      return fail(`partition ${index + 1} ends before it begins`);
    }
    partitions.push({
      type: guid(entry.type),
      id: guid(entry.id),
      name: Buffer.from(entry.name).toString('utf16le').replace(/\0.*$/s, ''),
      offset: Number(entry.firstSector) * sectorSize,
      size: Number(entry.lastSector - entry.firstSector + 1n) * sectorSize,
    });
  }
  return { header, partitions };
}

/** The first three groups are little-endian numbers, the other two bytes. */
function guid(data: Uint8Array): string {
  const hex = (from: number, to: number, reverse: boolean): string => {
    const part = Buffer.from(data.subarray(from, to));
    return (reverse ? part.reverse() : part).toString('hex');
  };
  return [hex(0, 4, true), hex(4, 6, true), hex(6, 8, true), hex(8, 10, false), hex(10, 16, false)].join('-');
}
