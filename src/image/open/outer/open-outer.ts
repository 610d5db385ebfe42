import { existsSync } from 'node:fs';
import { stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import type { ByteSource } from '../../../base/index.ts';
import { openBundle, type Band } from './bundle.ts';
import { openFile } from './file-source.ts';
import type { ImagePath } from '../place.ts';
import { openSegments } from './segments.ts';
import { plainOf, type Encryption } from './unlocked.ts';

/** The outermost file of a place, or what is as good as one. */
export interface Outer {
  /** The image's bytes: decrypted, its segments joined, its bands put together. */
  readonly source: ByteSource;
  /** Where these bytes are those of a single file: it, for threads to share. */
  readonly handle: FileHandle | undefined;
  /** Of a sparse bundle: the ranges that were ever written. */
  readonly bands: readonly Band[] | undefined;
  readonly encryption: Encryption | undefined;
  /** How many files the image was cut into. */
  readonly segments: number;
  /** Of the file, or of all that were found, in bytes. */
  readonly size: number;
  readonly close: () => Promise<void>;
}

/**
 * Opens an image file, a sparse bundle, or a segment with those beside it.
 * @throws Failure 'cannot-read', 'not-found', 'password-needed', 'wrong-password'; FormatError
 */
export async function openOuter({
  file: path,
  password,
}: Pick<ImagePath, 'file' | 'password'>): Promise<Outer> {
  if (await isBundle(path)) {
    const bundle = await openBundle(path, password);
    const size = bundle.bands.reduce((sum, band) => sum + band.size, 0);
    return { ...bundle, handle: undefined, segments: 1, size };
  }
  const file = await openFile(path);
  const closing = [file.close];
  const close = async (): Promise<void> => {
    for (const each of closing.splice(0)) await each();
  };
  try {
    const plain = await plainOf(file, password, path);
    if (plain.encryption !== undefined)
      return {
        source: plain.source,
        handle: undefined,
        bands: undefined,
        encryption: plain.encryption,
        segments: 1,
        size: file.size,
        close,
      };
    const joined = await openSegments(file);
    if (joined !== undefined) closing.push(joined.close);
    return {
      source: joined?.source ?? file,
      handle: joined === undefined ? file.handle : undefined,
      bands: undefined,
      encryption: undefined,
      segments: joined?.count ?? 1,
      size: joined?.source.size ?? file.size,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function isBundle(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true && existsSync(join(path, 'bands'));
}
