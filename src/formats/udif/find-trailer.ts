import { FormatError, type ByteSource } from '../../base/index.ts';
import { koly, kolySignature, type Koly } from './koly.ts';

/** A UDIF trailer and where it lies. */
export interface Trailer {
  readonly koly: Koly;
  /** In bytes. */
  readonly at: number;
  /** What its offsets lie in: the bytes before it, or all where it stands in front. */
  readonly fileSize: number;
}

/** What is looked through behind a trailer: padding, a signature, what a download left. */
const mostBehind = 64 * 1024;
const magic = Buffer.from([0x6b, 0x6f, 0x6c, 0x79, 0, 0, 0, 4, 0, 0, 2, 0]);

/**
 * Finds the trailer of a UDIF image: the last 512 bytes; or in front, as images were that were written in one go; or
 * with other bytes behind it.
 * @returns undefined when none exists
 * @throws FormatError when it is of a version unknown, or of one of several segments
 */
export async function findTrailer(source: ByteSource): Promise<Trailer | undefined> {
  if (source.size < koly.size) return undefined;
  const end = source.size - koly.size;
  const last = await trailerAt(source, end, end);
  if (last !== undefined) return last;
  const first = await trailerAt(source, 0, source.size);
  if (first !== undefined) return (await hasTables(source, first)) ? first : undefined;
  const from = Math.max(0, end - mostBehind);
  const tail = Buffer.from(await source.read(from, source.size - from));
  for (
    let index = tail.lastIndexOf(magic, -koly.size);
    index >= 0;
    index = tail.lastIndexOf(magic, index - 1)
  ) {
    const found = await trailerAt(source, from + index, from + index);
    // A raw disk may hold an image, whose offsets do not count from the disk's beginning.
    if (found !== undefined && (await hasTables(source, found))) return found;
    if (index === 0) break;
  }
  return undefined;
}

async function trailerAt(source: ByteSource, at: number, fileSize: number): Promise<Trailer | undefined> {
  const trailer = koly.decode(await source.read(at, koly.size), 0, at);
  if (trailer.signature !== kolySignature) return undefined;
  if (trailer.version !== 4 || trailer.headerSize !== koly.size) {
    throw new FormatError(
      'udif',
      `trailer version ${trailer.version} of ${trailer.headerSize} bytes is not version 4 of ${koly.size}`,
      { offset: at + 4 },
    );
  }
  if (trailer.segmentCount > 1) {
    throw new FormatError(
      'udif',
      `this is segment ${trailer.segmentNumber} of ${trailer.segmentCount}; give the first of them as a file by itself, with the others beside it`,
      { offset: at + 60 },
    );
  }
  return { koly: trailer, at, fileSize };
}

async function hasTables(source: ByteSource, { koly: trailer, fileSize }: Trailer): Promise<boolean> {
  const { plistOffset, plistLength } = trailer;
  if (plistLength < 8n || plistOffset + plistLength > BigInt(fileSize)) return false;
  const head = Buffer.from(await source.read(Number(plistOffset), 8)).toString('latin1');
  return head.startsWith('<?xml') || head.startsWith('<plist') || head.startsWith('bplist');
}
