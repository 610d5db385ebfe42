import { FormatError, type ByteSource } from '../../base/index.ts';
import { sparseHeader, sparseNode, sparseSignature } from './layout.ts';

/** A part of the disk and where it is in the file. In bytes. */
export interface Band {
  readonly start: number;
  readonly size: number;
  readonly offset: number;
}

/** A sparse image: a disk of which only the bands ever written are in the file. */
export interface Sparse {
  /** Of the disk, in bytes. */
  readonly size: number;
  /** In the disk's order. What is in none reads as zeros. */
  readonly bands: readonly Band[];
}

const sectorSize = 512;
/** 64 MiB; hdiutil writes 1 MiB. */
const mostBandSectors = 2 ** 17;
/** As much as bytes that are safe integers, and more than any disk has. */
const mostSectors = 2n ** 43n;

/** Reads a sparse image's nodes. @returns undefined when the source does not begin like one */
export async function readSparse(source: ByteSource): Promise<Sparse | undefined> {
  if (source.size < sparseHeader.size) return undefined;
  const header = sparseHeader.decode(await source.read(0, sparseHeader.size));
  if (header.signature !== sparseSignature) return undefined;
  const fail = (message: string, offset: number): never => {
    throw new FormatError('sparse', message, { offset });
  };
  if (header.version !== 3) fail(`version ${header.version} is not 3`, 4);
  const { bandSectors, sectorCount } = header;
  if (bandSectors < 1 || bandSectors > mostBandSectors) fail(`invalid band size: ${bandSectors} sectors`, 8);
  if (sectorCount < 1n || sectorCount > mostSectors) fail(`invalid disk size: ${sectorCount} sectors`, 28);
  if (BigInt.asUintN(32, sectorCount) !== BigInt(header.sectorCountLow)) {
    fail(`its two counts of sectors differ: ${sectorCount} and ${header.sectorCountLow}`, 16);
  }
  const size = Number(sectorCount) * sectorSize;
  const bandSize = bandSectors * sectorSize;
  const bandCount = Math.ceil(size / bandSize);

  const bands = new Map<number, Band>();
  const take = (ids: readonly number[], node: number, firstId: number): void => {
    for (const [index, id] of ids.entries()) {
      if (id === 0) continue;
      const at = firstId + 4 * index;
      if (id > bandCount) fail(`invalid band number: ${id} on a disk of ${bandCount} bands`, at);
      if (bands.has(id)) fail(`band ${id} is there twice`, at);
      const start = (id - 1) * bandSize;
      const band = {
        start,
        size: Math.min(bandSize, size - start),
        offset: node + sparseHeader.size + index * bandSize,
      };
      if (band.offset + band.size > source.size) {
        fail(`band ${id} lies at ${band.offset}, and the file ends before it does; it is truncated`, at);
      }
      bands.set(id, band);
    }
  };
  take(header.bands, 0, 64);
  let [node, next, place] = [0, header.nextNode, 20];
  while (next !== 0n) {
    // A node comes after the bands of the one before, so that the way has an end.
    if (next < BigInt(node + sparseNode.size) || next > BigInt(source.size - sparseNode.size)) {
      fail(`the next node is said to be at ${next} in a file of ${source.size} bytes`, place);
    }
    node = Number(next);
    const {
      signature,
      bands: ids,
      nextNode,
    } = sparseNode.decode(await source.read(node, sparseNode.size), 0, node);
    if (signature !== sparseSignature) fail('a node does not begin with "sprs"', node);
    take(ids, node, node + 56);
    [next, place] = [nextNode, node + 12];
  }
  return { size, bands: [...bands.values()].sort((a, b) => a.start - b.start) };
}
