import { spawnSync } from 'node:child_process';
import { crc32, deflateSync } from 'node:zlib';
import { koly, kolySignature, mish, mishSignature, run, sectorSize } from '../../src/formats/udif/index.ts';

/** How a piece of a partition is to be stored. `stored`: the chunk's bytes in the file, where the kind alone does not give them. */
export interface WrittenRun {
  readonly kind: keyof typeof types;
  /** What it decodes to, whole sectors. */
  readonly data: Uint8Array;
  readonly stored?: Uint8Array;
}

export interface WrittenTable {
  readonly name: string;
  readonly runs: readonly WrittenRun[];
  readonly firstSector?: number;
}

export interface WriteOptions {
  /** Bytes before the data fork. */
  readonly prefix?: number;
  /** Added to every table's data offset, and taken off its runs'. */
  readonly dataOffset?: number;
  /** Lays the chunks' data out last first. */
  readonly reversed?: boolean;
  readonly sectorCount?: bigint;
  readonly comments?: boolean;
  readonly checksums?: boolean;
}

const types = {
  zero: 0,
  raw: 1,
  ignore: 2,
  adc: 0x80000004,
  zlib: 0x80000005,
  bzip2: 0x80000006,
  lzfse: 0x80000007,
  lzma: 0x80000008,
} as const;

/** Writes a UDIF image, for 7zz and for us to read. */
export function writeUdif(tables: readonly WrittenTable[], options: WriteOptions = {}): Buffer {
  const dataOffset = options.dataOffset ?? 0;
  const stored = tables.flatMap((table) => table.runs.map((each) => ({ each, bytes: store(each) })));
  if (options.reversed === true) stored.reverse();
  const places = new Map<WrittenRun, { offset: number; length: number }>();
  let length = 0;
  for (const { each, bytes } of stored) {
    places.set(each, { offset: length, length: bytes.length });
    length += bytes.length;
  }

  let nextSector = 0;
  const sums: number[] = [];
  const blkx = tables.map((table, index) => {
    const firstSector = table.firstSector ?? nextSector;
    const runs: Uint8Array[] = [];
    let sector = 0;
    let sum = 0;
    for (const each of table.runs) {
      const place = places.get(each) ?? { offset: 0, length: 0 };
      const sectorCount = each.data.length / sectorSize;
      if (options.comments === true) runs.push(runOf(0x7ffffffe, sector, 0, 0, 0));
      runs.push(runOf(types[each.kind], sector, sectorCount, place.offset - dataOffset, place.length));
      sector += sectorCount;
      if (each.kind !== 'ignore') sum = crc32(each.data, sum);
    }
    runs.push(runOf(0xffffffff, sector, 0, 0, 0));
    nextSector = firstSector + sector;
    sums.push(sum);
    const header = mish.encode({
      signature: mishSignature,
      version: 1,
      firstSector: BigInt(firstSector),
      sectorCount: BigInt(sector),
      dataOffset: BigInt(dataOffset),
      buffersNeeded: 2056,
      descriptor: index,
      reserved: [0, 0, 0, 0, 0, 0],
      checksum: checksumOf(options.checksums === false ? undefined : sum),
      runCount: runs.length,
    });
    const data = Buffer.concat([header, ...runs]).toString('base64');
    return (
      `<dict><key>Attributes</key><string>0x0050</string><key>CFName</key><string>${table.name}</string>` +
      `<key>Data</key><data>\n${data}\n</data><key>ID</key><string>${index - 1}</string>` +
      `<key>Name</key><string>${table.name}</string></dict>`
    );
  });
  const plist = Buffer.from(
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
      '<!DOCTYPE plist PUBLIC "-//Apple Computer//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n' +
      `<plist version="1.0"><dict><key>resource-fork</key><dict><key>blkx</key><array>${blkx.join('\n')}</array></dict></dict></plist>\n`,
  );
  const prefix = options.prefix ?? 0;
  const master = Buffer.alloc(4 * sums.length);
  sums.forEach((sum, index) => master.writeUInt32BE(sum, 4 * index));
  const trailer = koly.encode({
    signature: kolySignature,
    version: 4,
    headerSize: 512,
    flags: 1,
    runningDataForkOffset: 0n,
    dataForkOffset: BigInt(prefix),
    dataForkLength: BigInt(length),
    resourceForkOffset: 0n,
    resourceForkLength: 0n,
    segmentNumber: 1,
    segmentCount: 1,
    segmentId: new Uint8Array(16),
    dataForkChecksum: checksumOf(undefined),
    plistOffset: BigInt(prefix + length),
    plistLength: BigInt(plist.length),
    reserved1: new Uint8Array(64),
    codeSignatureOffset: 0n,
    codeSignatureLength: 0n,
    reserved2: new Uint8Array(40),
    masterChecksum: checksumOf(options.checksums === false ? undefined : crc32(master)),
    imageVariant: 1,
    sectorCount: options.sectorCount ?? BigInt(nextSector),
    reserved3: new Uint8Array(12),
  });
  return Buffer.concat([Buffer.alloc(prefix, 0xee), ...stored.map(({ bytes }) => bytes), plist, trailer]);
}

/** What the tables decode to, sector after sector. */
export function contentOf(tables: readonly WrittenTable[]): Buffer {
  return Buffer.concat(tables.flatMap((table) => table.runs.map((each) => each.data)));
}

function runOf(
  type: number,
  sector: number,
  sectorCount: number,
  offset: number,
  length: number,
): Uint8Array {
  return run.encode({
    type,
    comment: 0,
    sector: BigInt(sector),
    sectorCount: BigInt(sectorCount),
    offset: BigInt.asUintN(64, BigInt(offset)),
    length: BigInt(length),
  });
}

function checksumOf(sum: number | undefined): { type: number; bits: number; data: number[] } {
  const data = Array<number>(32).fill(0);
  if (sum === undefined) return { type: 0, bits: 0, data };
  data[0] = sum;
  return { type: 2, bits: 32, data };
}

function store({ kind, data, stored }: WrittenRun): Uint8Array {
  if (stored !== undefined) return stored;
  switch (kind) {
    case 'zero':
    case 'ignore':
      return new Uint8Array();
    case 'raw':
      return data;
    case 'zlib':
      return deflateSync(data);
    case 'bzip2':
      return filter('bzip2', ['-c'], data);
    case 'lzma':
      return filter('xz', ['-c', '--check=none'], data);
    case 'adc':
      return encodeAdc(data);
    case 'lzfse':
      return literalLzfse(data);
  }
}

function filter(program: string, args: readonly string[], input: Uint8Array): Buffer {
  const { status, stdout, stderr } = spawnSync(program, args, { input, maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`${program}: ${stderr.toString()}`);
  return stdout;
}

/** One LZVN block of literals alone, and the end. Not a raw block: 7-Zip does not take those. */
function literalLzfse(data: Uint8Array): Buffer {
  const parts: Uint8Array[] = [];
  for (let from = 0; from < data.length; from += 256) {
    const part = data.subarray(from, from + 256);
    parts.push(Uint8Array.of(0xe0, part.length - 16), part);
  }
  const payload = Buffer.concat([...parts, Uint8Array.of(6, 0, 0, 0, 0, 0, 0, 0)]);
  const head = Buffer.from('bvxn\0\0\0\0\0\0\0\0');
  head.writeUInt32LE(data.length, 4);
  head.writeUInt32LE(payload.length, 8);
  return Buffer.concat([head, payload, Buffer.from('bvx$')]);
}

/** Greedy ADC with matches of all three opcodes, found by the last place the same three bytes stood. */
export function encodeAdc(data: Uint8Array): Buffer {
  const out: number[] = [];
  let literals: number[] = [];
  const flush = (): void => {
    for (let from = 0; from < literals.length; from += 128) {
      const part = literals.slice(from, from + 128);
      out.push(0x80 | (part.length - 1), ...part);
    }
    literals = [];
  };
  const seen = new Map<number, number>();
  for (let at = 0; at < data.length;) {
    const key = ((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);
    const before = at + 3 <= data.length ? seen.get(key) : undefined;
    seen.set(key, at);
    const distance = before === undefined ? 0 : at - before;
    let length = 0;
    if (distance > 0 && distance <= 65536) {
      while (length < 67 && at + length < data.length && data[at + length] === data[at + length - distance])
        length++;
    }
    if (length >= 3 && length <= 18 && distance <= 1024) {
      flush();
      out.push(((length - 3) << 2) | ((distance - 1) >> 8), (distance - 1) & 0xff);
      at += length;
    } else if (length >= 4) {
      flush();
      out.push(0x40 | (length - 4), (distance - 1) >> 8, (distance - 1) & 0xff);
      at += length;
    } else literals.push(data[at++] ?? 0);
  }
  flush();
  return Buffer.from(out);
}
