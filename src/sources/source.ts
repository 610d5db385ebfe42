import { Failure } from '../base/index.ts';
import { blobPath, ensureTree, hasBlob, soundTree, type Store } from '../store/index.ts';
import { archiveKind } from '../archive/archive-name.ts';
import type { SourceContext } from './context.ts';
import { dropDamaged } from './drop-damaged.ts';
import { fetchDebian, lockDebian, unpackDebian } from './apt/debian.ts';
import { fetchGit, lockGit } from './checkout/git.ts';
import { copyLocal, lockLocal } from './local.ts';
import { keepOnly } from '../archive/only.ts';
import { sourceDigest, type LockedFile, type LockedOrigin } from './locked.ts';
import { originText, type Origin } from './origin.ts';
import { fetchSvn, lockSvn } from './checkout/svn.ts';
import { unpackArchive } from '../archive/unpack.ts';
import { fetchUrl, lockUrl } from './http/url.ts';
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Finds out what an origin is, byte for byte. `url`, `git` and `svn` are fetched for it, and are in the store then;
 * of `debian` the archive's signed index says it.
 */
export async function lockOrigin(origin: Origin, context: SourceContext): Promise<LockedOrigin> {
  switch (origin.kind) {
    case 'debian':
      return lockDebian(origin, context);
    case 'url':
      return lockUrl(origin, context);
    case 'git':
      return lockGit(origin, context);
    case 'svn':
      return lockSvn(origin, context);
    case 'local':
      return lockLocal(origin, context.root);
  }
}

/** The files of a locked origin that the store lacks. No I/O but the store's. */
export function missingFiles(store: Store, locked: LockedOrigin): readonly LockedFile[] {
  if (locked.kind === 'local') return [];
  return locked.files.filter((file) => !hasBlob(store, file.sha256, file.size));
}

/** Has every file of a locked origin in the store, fetched only where it is not there, or damaged. */
export async function ensureFiles(locked: LockedOrigin, context: SourceContext): Promise<void> {
  if (locked.kind !== 'local') await dropDamaged(context.store, locked.files);
  const missing = missingFiles(context.store, locked);
  if (missing.length === 0) return;
  if (context.offline === true) {
    const names = missing.map((file) => file.file).join(', ');
    throw new Failure(
      'offline',
      `${originText(locked.origin)}: ${names} is not in the store, and this is offline`,
    );
  }
  switch (locked.kind) {
    case 'debian':
      return fetchDebian(locked, context);
    case 'url':
      return fetchUrl(locked, context);
    case 'git':
      return fetchGit(locked, context);
    case 'svn':
      return fetchSvn(locked, context);
    case 'local':
  }
}

/**
 * The folder a step sees as its source: an archive unpacked without its single top folder, or a folder that holds the
 * one file. It is in the store and must not be written to.
 */
export async function ensureSourceTree(locked: LockedOrigin, context: SourceContext): Promise<string> {
  const digest = sourceDigest(locked);
  const home = await soundTree(context.store, digest);
  if (home !== undefined) return home;
  await ensureFiles(locked, context);
  return ensureTree(context.store, digest, (folder) => unpackSource(locked, folder, context));
}

async function unpackSource(locked: LockedOrigin, folder: string, context: SourceContext): Promise<void> {
  const { store, signal } = context;
  const keep = keepOnly(locked.origin.only);
  switch (locked.kind) {
    case 'debian':
      return unpackDebian(locked, folder, context);
    case 'url': {
      const [{ file, sha256 }] = locked.files;
      const kind = archiveKind(file);
      if (locked.origin.unpack && kind !== undefined)
        return unpackArchive(blobPath(store, sha256), kind, folder, { signal, keep });
      copyFileSync(blobPath(store, sha256), join(folder, file));
      return;
    }
    case 'git':
    case 'svn':
      return unpackArchive(blobPath(store, locked.files[0].sha256), 'none', folder, { signal, keep });
    case 'local':
      copyLocal(locked, context.root, folder);
  }
}
