import { createHash } from 'node:crypto';
import { Failure, isRecord, isSha256, type Sha256 } from '../../base/index.ts';
import { isDigest } from '../reference.ts';

/** In bytes: what a disk is cut into, and a pack's most. */
export const [chunkSize, packSize] = [2 ** 20, 64 * 2 ** 20];

/** A pack: frames one after the other, a blob of the repository. */
export interface Pack {
  readonly digest: string;
  readonly size: number;
}

/** Where a chunk's frame lies. */
export interface FramePlace {
  readonly pack: Pack;
  readonly offset: number;
  readonly length: number;
}

/** A chunk that is not zero. */
export interface Chunk extends FramePlace {
  /** Counted from the start of the view. */
  readonly number: number;
  readonly digest: Sha256;
}

/** What of a file is cut into chunks: its own bytes, or the disk in a qcow2 image. */
export type View = 'file' | 'qcow2';

/** A disk as it lies in a repository. */
export interface DiskIndex {
  /** In the product. */
  readonly path: string;
  readonly view: View;
  /** Of the view, in bytes. */
  readonly size: number;
  /** By number, ascending. */
  readonly chunks: readonly Chunk[];
}

/** The digest of a view: of its size and of its chunks that are not zero. Whatever file holds the same disk has the same. */
export function viewDigest(
  size: number,
  chunks: Iterable<{ readonly number: number; readonly digest: Sha256 }>,
): Sha256 {
  const hash = createHash('sha256').update(`cidermill-disk 1\n${size}\n`);
  for (const { number, digest } of chunks) hash.update(`${number} ${digest}\n`);
  return hash.digest('hex') as Sha256;
}

/** Bytes that a chunk has: the last one may have fewer. */
export function chunkLength(size: number, number: number): number {
  return Math.min(chunkSize, size - number * chunkSize);
}

/** The packs that chunks lie in, in the order of their first chunks. */
export function packsOf(chunks: readonly Chunk[]): Pack[] {
  return [...new Map(chunks.map(({ pack }) => [pack.digest, pack])).values()];
}

/** Writes an index: the same bytes for the same disk and packs. */
export function writeDiskIndex({ path, view, size, chunks }: DiskIndex): Buffer {
  const packs = packsOf(chunks);
  const numbers = new Map(packs.map(({ digest }, index) => [digest, index]));
  const head = JSON.stringify({
    form: 1,
    path,
    view,
    size,
    chunkSize,
    digest: viewDigest(size, chunks),
    packs,
  });
  const rows = chunks.map(({ number, digest, pack, offset, length }) =>
    JSON.stringify([number, digest, numbers.get(pack.digest) ?? 0, offset, length]),
  );
  return Buffer.from(`${head.slice(0, -1)},"chunks":[\n${rows.join(',\n')}\n]}\n`);
}

/** A frame of what does not compress is a little longer than the chunk. */
const longestFrame = chunkSize + (chunkSize >> 7) + 64;
const largestDisk = 2 ** 43;
const mostPacks = 20_000;

/**
 * Reads an index. Its chunks ascend, lie in its packs and are no longer than a chunk can be.
 * @throws Failure 'bad-manifest' with what is wrong
 */
export function readDiskIndex(bytes: Buffer): DiskIndex {
  const fail = (why: string): never => {
    throw new Failure('bad-manifest', `the index of a disk is damaged: ${why}`);
  };
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return fail('it is not JSON');
  }
  if (!isRecord(value) || value['form'] !== 1) return fail('it has a form that this cidermill does not know');
  const { path, view, size, packs, chunks } = value;
  if (typeof path !== 'string' || (view !== 'file' && view !== 'qcow2')) return fail('it names no file');
  if (!isCount(size, largestDisk) || value['chunkSize'] !== chunkSize)
    return fail('its sizes are not allowed');
  if (!Array.isArray(packs) || packs.length > mostPacks || !Array.isArray(chunks))
    return fail('it has no packs');
  const known = packs.map((each: unknown): Pack => {
    const { digest, size: length } = isRecord(each) ? each : {};
    return isDigest(digest) && isCount(length, 2 * packSize) ? { digest, size: length } : fail('a pack');
  });
  let before = -1;
  const read = chunks.map((each: unknown): Chunk => {
    const [number, digest, index, offset, length] = Array.isArray(each) ? (each as unknown[]) : [];
    const pack = isCount(index, known.length) ? known[index] : undefined;
    if (!isCount(number, Math.ceil(size / chunkSize) - 1) || number <= before || pack === undefined)
      return fail('a chunk is out of place');
    if (typeof digest !== 'string' || !isSha256(digest)) return fail('a chunk has no digest');
    if (!isCount(offset, pack.size) || !isCount(length, longestFrame) || offset + length > pack.size)
      return fail('a chunk leaves its pack');
    before = number;
    return { number, digest, pack, offset, length };
  });
  if (value['digest'] !== viewDigest(size, read)) return fail('its digest is not that of its chunks');
  return { path, view, size, chunks: read };
}

function isCount(value: unknown, most: number): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= most;
}
