import { crc32 } from './crc32.ts';
import { koly, kolySignature } from './koly.ts';
import { chunkKinds, commentRun, mish, mishSignature, run, terminatorRun, type ChunkKind } from './mish.ts';

/** One run of a table that is written: sectors count from the table's first, bytes from the data fork's start. */
export interface NewRun {
  readonly kind: ChunkKind | 'comment';
  readonly sector: number;
  readonly sectorCount: number;
  readonly offset: number;
  readonly length: number;
}

/** A block table that is written. */
export interface NewTable {
  readonly name: string;
  readonly firstSector: number;
  readonly sectorCount: number;
  /** In order, without the terminator. */
  readonly runs: readonly NewRun[];
  /** Of what the runs decode to, without the ignored ones; undefined: the table says nothing. */
  readonly crc32: number | undefined;
  /** Put into the table's header and taken off its runs' offsets. */
  readonly dataOffset?: number;
}

export interface NewImage {
  readonly tables: readonly NewTable[];
  /** Of the disk. */
  readonly sectorCount: number;
  /** Where the data fork begins in the file, and its length, in bytes. The rest of the file follows it. */
  readonly dataForkOffset: number;
  readonly dataForkLength: number;
  /** Of the data fork; undefined: the trailer says nothing. */
  readonly dataForkCrc32: number | undefined;
  /** A disk with its map, or a lone volume. */
  readonly variant: 'disk' | 'partition';
}

const types: ReadonlyMap<NewRun['kind'], number> = new Map<NewRun['kind'], number>([
  ...[...chunkKinds].map(([type, kind]) => [kind, type] as const),
  ['comment', commentRun],
]);

/** A decoder's buffer, in sectors: 1 MiB and what hdiutil adds to it. */
const buffersNeeded = 2048 + 8;

/** What follows the data fork: the property list with the tables, and the trailer. */
export function encodeTail(image: NewImage): Uint8Array {
  const { tables, dataForkOffset, dataForkLength } = image;
  const plist = Buffer.from(plistOf(tables));
  const sums = tables.map((table) => table.crc32);
  const masterData = new DataView(new ArrayBuffer(4 * sums.length));
  sums.forEach((sum, index) => masterData.setUint32(4 * index, sum ?? 0));
  const trailer = koly.encode({
    signature: kolySignature,
    version: 4,
    headerSize: koly.size,
    flags: 1,
    runningDataForkOffset: 0n,
    dataForkOffset: BigInt(dataForkOffset),
    dataForkLength: BigInt(dataForkLength),
    resourceForkOffset: 0n,
    resourceForkLength: 0n,
    segmentNumber: 1,
    segmentCount: 1,
    segmentId: new Uint8Array(16),
    dataForkChecksum: checksumOf(image.dataForkCrc32),
    plistOffset: BigInt(dataForkOffset + dataForkLength),
    plistLength: BigInt(plist.length),
    reserved1: new Uint8Array(64),
    codeSignatureOffset: 0n,
    codeSignatureLength: 0n,
    reserved2: new Uint8Array(40),
    masterChecksum: checksumOf(
      sums.includes(undefined) ? undefined : crc32(new Uint8Array(masterData.buffer)),
    ),
    imageVariant: image.variant === 'disk' ? 1 : 2,
    sectorCount: BigInt(image.sectorCount),
    reserved3: new Uint8Array(12),
  });
  return Buffer.concat([plist, trailer]);
}

function plistOf(tables: readonly NewTable[]): string {
  const entries = tables.map((table, index) => {
    const name = table.name.replace(/[<>&]/g, (mark) => `&#${mark.charCodeAt(0)};`);
    const data = Buffer.from(encodeTable(table, index))
      .toString('base64')
      .replace(/.{1,76}/g, '$&\n');
    return `<dict>
<key>Attributes</key><string>0x0050</string>
<key>CFName</key><string>${name}</string>
<key>Data</key><data>
${data}</data>
<key>ID</key><string>${index - 1}</string>
<key>Name</key><string>${name}</string>
</dict>
`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
<key>resource-fork</key>
<dict>
<key>blkx</key>
<array>
${entries.join('')}</array>
</dict>
</dict>
</plist>
`;
}

function encodeTable(table: NewTable, index: number): Uint8Array {
  const { firstSector, sectorCount, runs, dataOffset = 0 } = table;
  const header = mish.encode({
    signature: mishSignature,
    version: 1,
    firstSector: BigInt(firstSector),
    sectorCount: BigInt(sectorCount),
    dataOffset: BigInt(dataOffset),
    buffersNeeded,
    descriptor: index,
    reserved: [0, 0, 0, 0, 0, 0],
    checksum: checksumOf(table.crc32),
    runCount: runs.length + 1,
  });
  const last = runs.at(-1);
  const encoded = runs.map((each) => encodeRun(types.get(each.kind) ?? 0, each, dataOffset));
  const end = {
    sector: sectorCount,
    sectorCount: 0,
    offset: (last?.offset ?? 0) + (last?.length ?? 0),
    length: 0,
  };
  return Buffer.concat([header, ...encoded, encodeRun(terminatorRun, end, dataOffset)]);
}

function encodeRun(type: number, each: Omit<NewRun, 'kind'>, dataOffset: number): Uint8Array {
  return run.encode({
    type,
    comment: 0,
    sector: BigInt(each.sector),
    sectorCount: BigInt(each.sectorCount),
    // Below 0 where the data lie before the table's offset: readers add modulo 2^64.
    offset: BigInt.asUintN(64, BigInt(each.offset - dataOffset)),
    length: BigInt(each.length),
  });
}

function checksumOf(sum: number | undefined): { type: number; bits: number; data: readonly number[] } {
  const data = Array<number>(32).fill(0);
  if (sum === undefined) return { type: 0, bits: 0, data };
  data[0] = sum;
  return { type: 2, bits: 32, data };
}
