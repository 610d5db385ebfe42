import { spawnSync } from 'node:child_process';
import { crc32, deflateSync } from 'node:zlib';
import { encodeTail, sectorSize, type ChunkKind, type NewRun } from '../../../src/formats/udif/index.ts';

/** How a piece of a partition is to be stored. `stored`: the chunk's bytes in the file, where the kind alone does not give them. */
export interface WrittenRun {
  readonly kind: ChunkKind;
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
  readonly sectorCount?: number;
  readonly comments?: boolean;
  readonly checksums?: boolean;
}

/** Writes a UDIF image with any kind of chunk, in any order: odd ones, too. */
export function writeUdif(tables: readonly WrittenTable[], options: WriteOptions = {}): Buffer {
  const { dataOffset = 0, prefix = 0 } = options;
  const stored = tables.flatMap((table) => table.runs.map((each) => ({ each, bytes: store(each) })));
  if (options.reversed === true) stored.reverse();
  const places = new Map<WrittenRun, { offset: number; length: number }>();
  let length = 0;
  for (const { each, bytes } of stored) {
    places.set(each, { offset: length, length: bytes.length });
    length += bytes.length;
  }
  let nextSector = 0;
  const described = tables.map((table) => {
    const firstSector = table.firstSector ?? nextSector;
    const runs: NewRun[] = [];
    let sector = 0;
    let sum = 0;
    for (const each of table.runs) {
      const place = places.get(each) ?? { offset: 0, length: 0 };
      const sectorCount = each.data.length / sectorSize;
      if (options.comments === true)
        runs.push({ kind: 'comment', sector, sectorCount: 0, offset: 0, length: 0 });
      runs.push({ kind: each.kind, sector, sectorCount, ...place });
      sector += sectorCount;
      if (each.kind !== 'ignore') sum = crc32(each.data, sum);
    }
    nextSector = firstSector + sector;
    const crc = options.checksums === false ? undefined : sum;
    return { name: table.name, firstSector, sectorCount: sector, runs, crc32: crc, dataOffset };
  });
  const tail = encodeTail({
    tables: described,
    sectorCount: options.sectorCount ?? nextSector,
    dataForkOffset: prefix,
    dataForkLength: length,
    dataForkCrc32: undefined,
    variant: 'disk',
  });
  return Buffer.concat([Buffer.alloc(prefix, 0xee), ...stored.map(({ bytes }) => bytes), tail]);
}

/** What the tables decode to, sector after sector. */
export function contentOf(tables: readonly WrittenTable[]): Buffer {
  return Buffer.concat(tables.flatMap((table) => table.runs.map((each) => each.data)));
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
