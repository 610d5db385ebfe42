import { constants } from 'node:fs';
import { chmod, copyFile, link, lstat, mkdir, readdir, readlink, rm, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { canonicalJson, Failure } from '../../base/index.ts';
import { readListing, type ListingEntry, type Output } from '../actions/actions.ts';
import { isInnerLink } from '../actions/inner-link.ts';
import { hasBlob, hashFile, type Blob } from '../blobs/blobs.ts';
import { blobPath, type Store } from '../layout.ts';
import { putBytes, putFile } from '../blobs/put-blob.ts';
import { DamagedBlob, removeBlob, requireBlob } from '../blobs/sound.ts';
import { ensureTree } from './trees.ts';

/**
 * Moves what a step made into the store: `<folder>/<path>` becomes an output.
 * @param path as declared; a trailing "/" asks for a directory
 * @throws Failure 'bad-output' for what cannot be stored: a socket, a link that leaves the directory
 */
export async function putOutput(store: Store, folder: string, path: string): Promise<Output> {
  const keep = (file: string): Promise<Blob> => putFile(store, file);
  const whole = join(folder, path);
  if (!path.endsWith('/')) return { type: 'file', path, ...(await takeFile(whole, path, keep)) };
  await mustBeFolder(whole, path);
  const listing = await readFolder(whole, keep);
  return { type: 'directory', path, ...(await putBytes(store, canonicalJson(listing))) };
}

/** What `putOutput` would store, with nothing stored or moved; a file is a listing of one entry. */
export async function listOutput(folder: string, path: string): Promise<ListingEntry[]> {
  const whole = join(folder, path);
  if (path.endsWith('/')) {
    await mustBeFolder(whole, path);
    return readFolder(whole, hashFile);
  }
  return [{ type: 'file', path, ...(await takeFile(whole, path, hashFile)) }];
}

async function takeFile(
  whole: string,
  path: string,
  keep: (file: string) => Promise<Blob>,
): Promise<Blob & { executable: boolean }> {
  const info = await lstat(whole);
  if (!info.isFile()) throw new Failure('bad-output', `the output ${path} is not a regular file`);
  return { executable: (info.mode & 0o111) !== 0, ...(await keep(whole)) };
}

async function mustBeFolder(whole: string, path: string): Promise<void> {
  // With the "/" at its end lstat would follow a link, and fail for a file.
  if (!(await lstat(whole.replace(/\/+$/, ''))).isDirectory())
    throw new Failure('bad-output', `the output ${path} is declared as a folder, and it is not one`, {
      hint: 'The path of a file has no "/" at its end.',
    });
}

async function readFolder(folder: string, keep: (file: string) => Promise<Blob>): Promise<ListingEntry[]> {
  const listing: ListingEntry[] = [];
  await list(folder, '', keep, listing);
  return listing.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function list(
  folder: string,
  below: string,
  keep: (file: string) => Promise<Blob>,
  listing: ListingEntry[],
): Promise<void> {
  for (const entry of await readdir(join(folder, below), { withFileTypes: true })) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    const whole = join(folder, path);
    if (entry.isSymbolicLink()) {
      const target = await readlink(whole);
      if (!isInnerLink(path, target)) {
        throw new Failure('bad-output', `the link ${path} points outside of its directory, to ${target}`);
      }
      listing.push({ type: 'symlink', path, target });
    } else if (entry.isDirectory()) {
      listing.push({ type: 'directory', path });
      await list(folder, path, keep, listing);
    } else if (entry.isFile()) {
      const executable = ((await stat(whole)).mode & 0o111) !== 0;
      listing.push({ type: 'file', path, executable, ...(await keep(whole)) });
    } else {
      throw new Failure('bad-output', `${path} is neither a file, a directory nor a link`);
    }
  }
}

/**
 * The path of an output as a file or folder to read: a file is the blob itself, unless it must be executable. All of it
 * was hashed since the store was opened.
 * @throws DamagedBlob
 */
export async function outputPath(store: Store, output: Output): Promise<string> {
  if (output.type === 'file' && !output.executable) {
    await requireBlob(store, output);
    return blobPath(store, output.digest);
  }
  if (output.type === 'file') {
    const folder = await ensureTree(store, output.digest, async (work) => {
      await copyOut(store, { ...output, path: 'file' }, work);
    });
    return join(folder, 'file');
  }
  return ensureTree(store, output.digest, async (work) => {
    for (const entry of readListing(store, output.digest)) await copyOut(store, entry, work, 'link');
  });
}

/**
 * Lays one entry of a listing into a folder; of a file the bytes are hashed. A blob is linked only where nobody will
 * write to it or execute it: its one inode is read-only and shared by all who have it.
 * @throws DamagedBlob
 */
export async function copyOut(
  store: Store,
  entry: ListingEntry,
  folder: string,
  how: 'copy' | 'link' = 'copy',
): Promise<void> {
  const path = join(folder, entry.path);
  switch (entry.type) {
    case 'directory':
      await mkdir(path, { recursive: true });
      return;
    case 'symlink':
      await symlink(entry.target, path);
      return;
    case 'file':
      if (how === 'link' && !entry.executable && (await linkBlob(store, entry, path))) return;
      await copyBlob(store, entry, path);
      await chmod(path, entry.executable ? 0o755 : 0o644);
  }
}

/** @returns false where the file system cannot link it: another one, or one link too many */
async function linkBlob(store: Store, blob: Blob, path: string): Promise<boolean> {
  await requireBlob(store, blob);
  try {
    await link(blobPath(store, blob.digest), path);
    return true;
  } catch (error) {
    if (!['EXDEV', 'EMLINK', 'EPERM', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
    return false;
  }
}

/** Copies a blob, as a clone where the file system can, and hashes what came of it. @throws DamagedBlob */
async function copyBlob(store: Store, blob: Blob, path: string): Promise<void> {
  if (!hasBlob(store, blob.digest, blob.size)) await requireBlob(store, blob);
  await copyFile(blobPath(store, blob.digest), path, constants.COPYFILE_FICLONE);
  if ((await hashFile(path)).digest === blob.digest) return;
  await rm(path, { force: true });
  await removeBlob(store, blob.digest);
  throw new DamagedBlob(store, blob.digest, 'damaged');
}
