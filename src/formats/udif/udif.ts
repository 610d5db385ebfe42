import { FormatError, type ByteSource } from '../../base/index.ts';
import { readPlist, type PlistValue } from '../plist/index.ts';
import { readBlockTable, type BlockTable, type Container } from './block-table.ts';
import { crc32, showCrc32 } from './crc32.ts';
import { findTrailer, type Trailer } from './find-trailer.ts';
import type { Koly } from './koly.ts';
import { sectorSize } from './mish.ts';

/** A UDIF image's tables, read and checked. No chunk has been decoded. */
export interface Udif {
  readonly koly: Koly;
  /** Of the decoded image, in bytes. */
  readonly size: number;
  /** As the image lists them. */
  readonly tables: readonly BlockTable[];
}

/** A property list for 200 GB in chunks of 256 KiB takes 50 MB. */
const largestPlist = 128 * 2 ** 20;

/** Reads the trailer and tables. @returns undefined when the source has no UDIF trailer */
export async function readUdif(source: ByteSource): Promise<Udif | undefined> {
  const trailer = await findTrailer(source);
  if (trailer === undefined) return undefined;
  const tables = await readTables(source, trailer);
  checkMaster(trailer, tables);
  return { koly: trailer.koly, size: imageSize(trailer, tables), tables };
}

async function readTables(
  source: ByteSource,
  { koly: trailer, at: trailerAt, fileSize }: Trailer,
): Promise<BlockTable[]> {
  const { plistOffset, plistLength } = trailer;
  if (plistLength === 0n) {
    throw new FormatError('udif', 'has no property list; tables in a resource fork are not supported', {
      offset: trailerAt + 216,
    });
  }
  if (plistOffset + plistLength > BigInt(fileSize) || plistLength > BigInt(largestPlist)) {
    throw new FormatError(
      'udif',
      `its property list (${plistLength} bytes at ${plistOffset}) is not inside the file's ${fileSize} bytes; the file is truncated or damaged`,
      { offset: trailerAt + 216 },
    );
  }
  if (trailer.dataForkOffset > BigInt(fileSize)) {
    throw new FormatError('udif', `its data begins at ${trailer.dataForkOffset}, after the file's end`, {
      offset: trailerAt + 24,
    });
  }
  const at = Number(plistOffset);
  const container: Container = { fileSize, dataForkOffset: Number(trailer.dataForkOffset), at };
  const root = readPlist(await source.read(at, Number(plistLength)), at);
  const entries = member(member(root, 'resource-fork'), 'blkx');
  if (!Array.isArray(entries) || entries.length === 0) {
    throw new FormatError('udif', 'its property list has no blkx tables', { offset: at });
  }
  return (entries as readonly PlistValue[]).map((entry, index) => {
    const data = member(entry, 'Data');
    if (!(data instanceof Uint8Array)) {
      throw new FormatError('udif', `blkx entry ${index} has no data`, { offset: at });
    }
    const names = [member(entry, 'CFName'), member(entry, 'Name')];
    const name = names.find((each) => typeof each === 'string' && each !== '') as string | undefined;
    return readBlockTable(printable(name ?? `partition ${index}`), data, container);
  });
}

function member(value: PlistValue | undefined, key: string): PlistValue | undefined {
  return value instanceof Map ? (value as ReadonlyMap<string, PlistValue>).get(key) : undefined;
}

/** A name from outside, fit for a line of an error message. */
function printable(name: string): string {
  return name.replace(/\p{C}/gu, '?').slice(0, 80);
}

/**
 * Where the tables end. They must not overlap. The trailer's count may be 0, and libdmg-hfsplus counts the volume only,
 * so it is held against the tables where it says more than they do, or where sectors between them are in no table.
 */
function imageSize({ koly: trailer, at }: Trailer, tables: readonly BlockTable[]): number {
  let end = 0;
  let gap = false;
  for (const table of tables.toSorted((a, b) => a.start - b.start)) {
    if (table.start < end) {
      throw new FormatError(
        'udif',
        `block table "${table.name}" overlaps another at sector ${table.start / sectorSize}`,
      );
    }
    gap ||= table.start > end;
    end = table.start + table.size;
  }
  const described = BigInt(end / sectorSize);
  const counted = trailer.sectorCount;
  if (counted > described || (gap && counted !== described)) {
    throw new FormatError(
      'udif',
      `its tables describe ${described} sectors and its trailer counts ${counted}`,
      {
        offset: at + 492,
      },
    );
  }
  return end;
}

/** The master checksum is the CRC-32 of the tables' CRC-32s, big-endian, in the order of the list. */
function checkMaster({ koly: trailer, at }: Trailer, tables: readonly BlockTable[]): void {
  const { type, bits, data } = trailer.masterChecksum;
  if (type !== 2 || bits !== 32) return;
  const sums = tables.map((table) => table.crc32);
  if (sums.includes(undefined)) return;
  const bytes = new DataView(new ArrayBuffer(4 * sums.length));
  sums.forEach((sum, index) => bytes.setUint32(index * 4, sum ?? 0));
  const actual = crc32(new Uint8Array(bytes.buffer));
  const expected = data[0] ?? 0;
  if (actual === expected) return;
  throw new FormatError(
    'udif',
    `the master checksum over its tables is ${showCrc32(actual)}, expected ${showCrc32(expected)}`,
    { offset: at + 360 },
  );
}
