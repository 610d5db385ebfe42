import { open } from 'node:fs/promises';
import { Failure, systemReason } from '../../base/index.ts';
import { byRename } from '../by-rename.ts';
import { checkTables } from './checksums.ts';
import { decodeAll } from './decode-all.ts';
import { checkFreeSpace } from '../free-space.ts';
import { loaderTail } from '../open/loader-tail.ts';
import { inputOf, openImage, type Image } from '../open/open-image.ts';
import type { ImagePath } from '../open/place.ts';
import { planWork, type Work } from './pieces.ts';
import { refuseSameFile } from '../same-file.ts';

export interface ConvertOptions {
  /** How many bytes of those that have to be decoded are done. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
  /** See DecodeOptions. */
  readonly threads?: number | undefined;
}

export interface Converted {
  readonly format: Image['format'];
  /** Of the whole disk, in bytes. */
  readonly size: number;
  /** The names of the tables whose CRC-32 was right. */
  readonly checked: readonly string[];
  /** Can a loader, which reads 64 sectors ahead, read the last files of the disk's last HFS+ volume? */
  readonly isTailEnough: boolean;
}

/**
 * Writes the whole disk that `input` holds (an image, or `outer.dmg:/inner.dmg`), with its partition map, to `output`,
 * leaving holes where it is zero. The output appears by rename when all of it is written and its checksums are right,
 * or not at all.
 * @throws FormatError when the input is damaged or not an image; Failure when a file cannot be read or written, and
 *   'no-space' before anything is when the disk is visibly too small; the signal's reason when it is aborted
 */
export async function convertDmg(
  input: string | ImagePath,
  output: string,
  options: ConvertOptions = {},
): Promise<Converted> {
  options.signal?.throwIfAborted();
  const image = await openImage(input);
  try {
    await refuseSameFile(image.place.file, output);
    const work = planWork(image.tables);
    const total = work.pieces.reduce((sum, piece) => sum + piece.size, 0);
    await checkFreeSpace(output, Math.min(total, await allocated(image)));
    const checked = await byRename(output, (partial) => write(image, work, total, partial, output, options), {
      present: 'set-aside',
    });
    // Whatever is odd about its map was no reason to refuse it.
    const tail = await loaderTail(image.disk).catch(() => undefined);
    const isTailEnough = tail?.isEnough !== false;
    return { format: image.format, size: image.disk.size, checked, isTailEnough };
  } finally {
    await image.close();
  }
}

/** How much of a raw image is not holes: in bytes, where that can be told. */
async function allocated({ format, place, outer }: Image): Promise<number> {
  if (format !== 'raw') return Infinity;
  return place.inside.length > 0 || outer.handle === undefined ? 0 : (await outer.handle.stat()).blocks * 512;
}

async function write(
  image: Image,
  work: Work,
  total: number,
  partial: string,
  output: string,
  { onProgress, signal, threads }: ConvertOptions,
): Promise<readonly string[]> {
  const file = await open(partial, 'wx').catch(cannotWrite(output));
  try {
    await file.truncate(image.disk.size).catch(cannotWrite(output));
    let done = 0;
    const onDecoded = (bytes: number): void => onProgress?.((done += bytes), total);
    const files = { input: inputOf(image), source: image.source, output: file.fd };
    return checkTables(work, await decodeAll(work.pieces, files, { signal, threads, onDecoded }));
  } finally {
    await file.close();
  }
}

function cannotWrite(path: string): (cause: unknown) => never {
  return (cause) => {
    throw new Failure('cannot-write', `${path} cannot be written: ${systemReason(cause)}`, { cause });
  };
}
