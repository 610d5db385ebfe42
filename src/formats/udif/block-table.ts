import { FormatError } from '../../base/index.ts';
import {
  chunkKinds,
  commentRun,
  mish,
  mishSignature,
  run,
  sectorSize,
  terminatorRun,
  type ChunkKind,
} from './mish.ts';

/** A run of the image's bytes and where in the file they come from. Every number has been checked. */
export interface Chunk {
  readonly kind: ChunkKind;
  /** In the decoded image, in bytes. */
  readonly start: number;
  readonly size: number;
  /** In the file, in bytes; 0 and 0 for a chunk that has no data. */
  readonly offset: number;
  readonly length: number;
}

/** One entry of the blkx array: a partition, or a piece of the partition map. */
export interface BlockTable {
  /** As the writer's language had it: for people only. */
  readonly name: string;
  /** In the decoded image, in bytes. */
  readonly start: number;
  readonly size: number;
  /** Undefined when the table has none, or one of a kind unknown. */
  readonly crc32: number | undefined;
  readonly checksumType: number;
  /** In ascending order, without gaps or overlaps. */
  readonly chunks: readonly Chunk[];
}

/** What the numbers of a table are checked against. */
export interface Container {
  /** The file's size without its trailer. */
  readonly fileSize: number;
  readonly dataForkOffset: number;
  /** Where the tables lie in the file, for errors. */
  readonly at: number;
}

/** The most a compressed chunk may decode to. hdiutil writes 256 KiB or 1 MiB. */
export const largestChunk = 64 * 2 ** 20;

/** Disk images end well below the 8 EiB at which numbers of bytes stop being safe integers. */
const mostSectors = BigInt(Math.floor(Number.MAX_SAFE_INTEGER / sectorSize));

/** Reads and checks one block table. */
export function readBlockTable(name: string, data: Uint8Array, container: Container): BlockTable {
  const fail = (message: string): never => {
    throw new FormatError('udif', `block table "${name}": ${message}`, { offset: container.at });
  };
  if (data.length < mish.size) return fail(`${data.length} bytes are too few for a table`);
  const header = mish.decode(data);
  if (header.signature !== mishSignature) return fail('does not begin with "mish"');
  if (header.version !== 1) return fail(`version ${header.version} is not 1`);
  if (mish.size + header.runCount * run.size > data.length) {
    return fail(`${header.runCount} runs do not fit into its ${data.length} bytes`);
  }
  if (header.firstSector + header.sectorCount > mostSectors) return fail('its sectors lie beyond any disk');
  const start = Number(header.firstSector) * sectorSize;
  const base = BigInt(container.dataForkOffset) + header.dataOffset;

  const chunks: Chunk[] = [];
  for (let index = 0; index < header.runCount; index++) {
    const entry = run.decode(data, mish.size + index * run.size);
    if (entry.type === terminatorRun) break;
    if (entry.type === commentRun || entry.sectorCount === 0n) continue;
    const kind = chunkKinds.get(entry.type);
    if (kind === undefined) return fail(`run ${index} has the unknown type 0x${entry.type.toString(16)}`);
    if (entry.sector + entry.sectorCount > header.sectorCount) {
      return fail(`run ${index} ends after the table's ${header.sectorCount} sectors`);
    }
    const size = Number(entry.sectorCount) * sectorSize;
    const place = { kind, start: start + Number(entry.sector) * sectorSize, size };
    if (kind === 'zero' || kind === 'ignore') {
      chunks.push({ ...place, offset: 0, length: 0 });
      continue;
    }
    const offset = base + entry.offset;
    if (offset + entry.length > BigInt(container.fileSize)) {
      throw new FormatError(
        'udif',
        `block table "${name}": run ${index} reads ${entry.length} bytes where the file has ${container.fileSize}; it is truncated or damaged`,
        { offset: offset < mostSectors ? Number(offset) : container.at },
      );
    }
    if (kind === 'raw' && entry.length !== BigInt(size)) {
      return fail(`raw run ${index} has ${entry.length} bytes for ${entry.sectorCount} sectors`);
    }
    if (kind !== 'raw' && size > largestChunk) {
      return fail(`run ${index} decodes to ${size} bytes, more than the ${largestChunk} any writer uses`);
    }
    if (kind !== 'raw' && entry.length > largestChunk) {
      return fail(`run ${index} has ${entry.length} compressed bytes for ${size}`);
    }
    chunks.push({ ...place, offset: Number(offset), length: Number(entry.length) });
  }
  return {
    name,
    start,
    size: Number(header.sectorCount) * sectorSize,
    crc32: header.checksum.type === 2 && header.checksum.bits === 32 ? header.checksum.data[0] : undefined,
    checksumType: header.checksum.type,
    chunks: inOrder(chunks, start, Number(header.sectorCount) * sectorSize, fail),
  };
}

/** Sorts by place in the image. The runs of a table cover it, each sector once. */
function inOrder(
  chunks: Chunk[],
  start: number,
  size: number,
  fail: (message: string) => never,
): readonly Chunk[] {
  chunks.sort((a, b) => a.start - b.start);
  let end = start;
  for (const chunk of chunks) {
    if (chunk.start < end) fail(`two runs describe sector ${chunk.start / sectorSize}`);
    if (chunk.start > end) fail(`no run describes sector ${end / sectorSize}`);
    end = chunk.start + chunk.size;
  }
  if (end < start + size) fail(`no run describes sector ${end / sectorSize}`);
  return chunks;
}
