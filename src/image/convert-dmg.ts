import { randomBytes } from 'node:crypto';
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../base/index.ts';
import { checkTables } from './checksums.ts';
import { decodeAll } from './decode-all.ts';
import { systemReason } from './file-source.ts';
import { inputOf, openImage, type Image } from './open-image.ts';
import { planWork } from './pieces.ts';

export interface ConvertOptions {
  /** How many bytes of those that have to be decoded are done. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
  /** See DecodeOptions. */
  readonly threads?: number | undefined;
}

export interface Converted {
  readonly format: 'udif' | 'sparse' | 'raw';
  /** Of the whole disk, in bytes. */
  readonly size: number;
  /** The names of the tables whose CRC-32 was right. */
  readonly checked: readonly string[];
}

/**
 * Writes the whole disk that `input` holds (an image, or `outer.dmg:/inner.dmg`), with its partition map, to `output`, leaving holes where it is zero.
 * The output appears by rename when all of it is written and its checksums are right, or not at all.
 * @throws FormatError when the input is damaged or not an image; Failure when a file cannot be read or written;
 *   the signal's reason when it is aborted
 */
export async function convertDmg(
  input: string,
  output: string,
  options: ConvertOptions = {},
): Promise<Converted> {
  options.signal?.throwIfAborted();
  const image = await openImage(input);
  try {
    await refuseSameFile(image, output);
    const partial = join(
      dirname(output),
      `.${basename(output)}.${process.pid}-${randomBytes(6).toString('hex')}.partial`,
    );
    try {
      const checked = await write(image, partial, options);
      await rename(partial, output).catch(cannotWrite(output));
      return { format: image.format, size: image.disk.size, checked };
    } finally {
      await rm(partial, { force: true });
    }
  } finally {
    await image.close();
  }
}

async function write(image: Image, path: string, options: ConvertOptions): Promise<readonly string[]> {
  const file = await open(path, 'wx').catch(cannotWrite(path));
  try {
    await file.truncate(image.disk.size).catch(cannotWrite(path));
    const work = planWork(image.tables);
    const total = work.pieces.reduce((sum, piece) => sum + piece.size, 0);
    let done = 0;
    const sums = await decodeAll(
      work.pieces,
      { input: inputOf(image), output: file.fd },
      {
        signal: options.signal,
        threads: options.threads,
        onDecoded: (bytes) => options.onProgress?.((done += bytes), total),
      },
    );
    return checkTables(work, sums);
  } finally {
    await file.close();
  }
}

async function refuseSameFile(image: Image, output: string): Promise<void> {
  const path = await realpath(output).catch(() => undefined);
  if (path === undefined) return;
  const [mine, theirs] = await Promise.all([image.file.handle.stat(), stat(path)]);
  if (theirs.isDirectory()) throw new Failure('cannot-write', `${output} is a folder; name a file in it`);
  if (mine.dev === theirs.dev && mine.ino === theirs.ino) {
    throw new Failure('cannot-write', `${output} is the image that is to be converted; give another name`);
  }
}

function cannotWrite(path: string): (cause: unknown) => never {
  return (cause) => {
    throw new Failure('cannot-write', `${path} cannot be written: ${systemReason(cause)}`, { cause });
  };
}
