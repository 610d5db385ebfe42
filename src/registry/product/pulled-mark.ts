import { lstatSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isRecord } from '../../base/index.ts';
import { isDigest } from '../reference.ts';
import type { ProductEntry } from './product-index.ts';

/** Lies in a folder that was pulled: where it came from, and what the file system said of its files. */
export const markFile = '.cidermill-pulled';

export interface Mark {
  readonly reference: string;
  /** Of the manifest. */
  readonly digest: string;
  /** Path → size and time of the last change, of every file at the top. */
  readonly files: Readonly<Record<string, string>>;
}

export async function writeMark(
  folder: string,
  reference: string,
  digest: string,
  entries: readonly ProductEntry[],
): Promise<void> {
  const files = Object.fromEntries(
    entries.flatMap(({ type, path }) => (type === 'file' ? [[path, stampOf(join(folder, path))]] : [])),
  );
  const mark: Mark = { reference, digest, files };
  await writeFile(join(folder, markFile), `${JSON.stringify(mark)}\n`);
}

/** @returns undefined for a folder that was not pulled */
export async function readMark(folder: string): Promise<Mark | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(join(folder, markFile), 'utf8'));
    if (!isRecord(value)) return undefined;
    const { reference, digest, files } = value;
    if (typeof reference !== 'string' || !isDigest(digest) || !isRecord(files)) return undefined;
    return { reference, digest, files: files as Mark['files'] };
  } catch {
    return undefined;
  }
}

/** Are all files of a pulled folder as they were pulled? Nothing is read of them. */
export function isUnchanged(folder: string, { files }: Mark): boolean {
  return Object.entries(files).every(([path, stamp]) => stampOf(join(folder, path)) === stamp);
}

function stampOf(path: string): string {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  return stat?.isFile() === true ? `${stat.size} ${stat.mtimeNs}` : 'none';
}
