import { FormatError } from '../../base/index.ts';

/**
 * The one qcow2 image of a disk: version 3, clusters of 64 KiB, header, refcounts, tables, then the disk's chunks that
 * are not zero in their order, each whole. It follows from the disk's size and the numbers of those chunks, so that any
 * chunk can be written as it comes.
 */
export interface CanonicalQcow2 {
  /** Of the file, in bytes. */
  readonly size: number;
  /** All that lies before the data. */
  readonly tables: Buffer;
  /** Where a chunk lies in the file; undefined of one that is zero. */
  readonly placeOf: (chunk: number) => number | undefined;
}

/** In bytes. */
export const canonicalChunk = 2 ** 20;

const cluster = 65_536;
const perChunk = canonicalChunk / cluster;
const perTable = cluster / 8;
const perRefcountBlock = cluster / 2;
const headerBytes = 104;
const copied = 1n << 63n;
/** The first table has at most that many entries: 4 TiB a cluster of it. */
const mostFirst = 4 << 20;

/**
 * Lays the image out.
 * @param size of the disk in bytes, a multiple of 512
 * @param chunks numbers of the chunks that are not zero, ascending
 * @throws FormatError for a disk that no qcow2 image can have
 */
export function canonicalQcow2(size: number, chunks: readonly number[]): CanonicalQcow2 {
  if (size % 512 !== 0 || size <= 0) throw new FormatError('qcow2', `a disk of ${size} bytes`);
  const firstEntries = Math.ceil(size / (cluster * perTable));
  if (firstEntries > mostFirst) throw new FormatError('qcow2', `a disk of ${size} bytes`);
  const clustersOf = (chunk: number): number =>
    Math.min(perChunk, Math.ceil((size - chunk * canonicalChunk) / cluster));
  const last = chunks.at(-1);
  if (last !== undefined && clustersOf(last) <= 0)
    throw new FormatError('qcow2', `chunk ${last} is behind the disk`);
  const dataClusters = last === undefined ? 0 : (chunks.length - 1) * perChunk + clustersOf(last);
  const seconds = [...new Set(chunks.map((chunk) => Math.floor((chunk * perChunk) / perTable)))];
  const firstClusters = Math.ceil((firstEntries * 8) / cluster);
  const rest = 1 + firstClusters + seconds.length + dataClusters;
  let blocks = 1;
  let tableClusters = 1;
  while (Math.ceil((rest + blocks + tableClusters) / perRefcountBlock) > blocks) {
    blocks += 1;
    tableClusters = Math.ceil((blocks * 8) / cluster);
  }
  const blocksAt = 1 + tableClusters;
  const firstAt = blocksAt + blocks;
  const secondsAt = firstAt + firstClusters;
  const dataAt = secondsAt + seconds.length;
  const total = dataAt + dataClusters;
  const tables = Buffer.alloc(dataAt * cluster);
  tables.write('QFI\xfb', 0, 'latin1');
  tables.writeUInt32BE(3, 4);
  tables.writeUInt32BE(16, 20);
  tables.writeBigUInt64BE(BigInt(size), 24);
  tables.writeUInt32BE(firstEntries, 36);
  tables.writeBigUInt64BE(BigInt(firstAt * cluster), 40);
  tables.writeBigUInt64BE(BigInt(cluster), 48);
  tables.writeUInt32BE(tableClusters, 56);
  tables.writeUInt32BE(4, 96);
  tables.writeUInt32BE(headerBytes, 100);
  for (let block = 0; block < blocks; block++)
    tables.writeBigUInt64BE(BigInt((blocksAt + block) * cluster), cluster + block * 8);
  for (let used = 0; used < total; used++) tables.writeUInt16BE(1, blocksAt * cluster + used * 2);
  const ranks = new Map<number, number>();
  chunks.forEach((chunk, rank) => ranks.set(chunk, rank));
  seconds.forEach((index, rank) =>
    tables.writeBigUInt64BE(copied | BigInt((secondsAt + rank) * cluster), firstAt * cluster + index * 8),
  );
  const secondRank = new Map(seconds.map((index, rank) => [index, rank]));
  chunks.forEach((chunk, rank) => {
    for (let each = 0; each < clustersOf(chunk); each++) {
      const guest = chunk * perChunk + each;
      const table = secondsAt + (secondRank.get(Math.floor(guest / perTable)) ?? 0);
      const place = BigInt((dataAt + rank * perChunk + each) * cluster);
      tables.writeBigUInt64BE(copied | place, table * cluster + (guest % perTable) * 8);
    }
  });
  return {
    size: total * cluster,
    tables,
    placeOf: (chunk) => {
      const rank = ranks.get(chunk);
      return rank === undefined ? undefined : (dataAt + rank * perChunk) * cluster;
    },
  };
}
