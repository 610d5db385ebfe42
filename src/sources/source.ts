import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { archiveKind } from '../archive/archive-name.ts';
import { keepOnly } from '../archive/only.ts';
import { unpackArchive } from '../archive/unpack.ts';
import { Failure } from '../base/index.ts';
import { blobPath, ensureTree, hasBlob, soundTree, type Store } from '../store/index.ts';
import { fetchPackages, layOutPackages } from './apt/buildroot.ts';
import { fetchDebian, lockDebian, unpackDebian } from './apt/debian.ts';
import { fetchGit, lockGit } from './checkout/git.ts';
import { fetchSvn, lockSvn } from './checkout/svn.ts';
import type { SourceContext } from './context.ts';
import { dropDamaged } from './drop-damaged.ts';
import { fetchUrl, lockUrl } from './http/url.ts';
import { copyLocal, lockLocal } from './local.ts';
import {
  fileName,
  filesOf,
  sourceDigest,
  type LockedFile,
  type LockedOrigin,
  type Pinned,
} from './locked.ts';
import { originText, type Origin } from './origin.ts';

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

/** Lists the files of a source that the store lacks. No I/O but the store's. */
export function missingFiles(store: Store, pinned: Pinned): readonly LockedFile[] {
  return filesOf(pinned).filter((file) => !hasBlob(store, file.sha256, file.size));
}

/** Brings every file of a source into the store; fetches what is not there, or damaged. */
export async function ensureFiles(pinned: Pinned, context: SourceContext): Promise<void> {
  await dropDamaged(context.store, filesOf(pinned));
  if (missingFiles(context.store, pinned).length === 0) return;
  if (context.offline !== true) await context.fromCache?.(missingFiles(context.store, pinned));
  const missing = missingFiles(context.store, pinned);
  if (missing.length === 0) return;
  if (context.offline === true) throw offline(pinned, missing);
  switch (pinned.kind) {
    case 'packages':
      return fetchPackages(pinned, context);
    case 'debian':
      return fetchDebian(pinned, context);
    case 'url':
      return fetchUrl(pinned, context);
    case 'git':
      return fetchGit(pinned, context);
    case 'svn':
      return fetchSvn(pinned, context);
    case 'local':
  }
}

/** Of more files than these only the number is told. */
const mostNamed = 3;

function offline(pinned: Pinned, missing: readonly LockedFile[]): Failure {
  const all = filesOf(pinned).length;
  const what = pinned.kind === 'packages' ? `packages of ${pinned.suite}` : originText(pinned.origin);
  const names = missing.map(({ file }) => fileName(file)).join(', ');
  const lacking = missing.length <= mostNamed ? names : `${missing.length} of ${all} files`;
  const are = missing.length === 1 ? 'is' : 'are';
  return new Failure('offline', `${what}: ${lacking} ${are} not in the store, and this run is offline`, {
    hint: 'Fetch it while there is a network: `cidermill fetch PIPELINE`.',
  });
}

/**
 * Makes the folder that a step sees as its source: an archive unpacked without its single top folder, a folder that
 * holds the one file, or a repository of packages. It is in the store and must not be written to.
 */
export async function ensureSourceTree(pinned: Pinned, context: SourceContext): Promise<string> {
  const digest = sourceDigest(pinned);
  const home = await soundTree(context.store, digest);
  if (home !== undefined) return home;
  await ensureFiles(pinned, context);
  return ensureTree(context.store, digest, (folder) => unpackSource(pinned, folder, context));
}

async function unpackSource(pinned: Pinned, folder: string, context: SourceContext): Promise<void> {
  const { store, signal } = context;
  if (pinned.kind === 'packages') return layOutPackages(pinned, folder, context);
  const keep = keepOnly(pinned.origin.only);
  switch (pinned.kind) {
    case 'debian':
      return unpackDebian(pinned, folder, context);
    case 'url': {
      const [{ file, sha256 }] = pinned.files;
      const kind = archiveKind(file);
      if (pinned.origin.unpack && kind !== undefined)
        return unpackArchive(blobPath(store, sha256), kind, folder, { signal, keep });
      copyFileSync(blobPath(store, sha256), join(folder, file));
      return;
    }
    case 'git':
    case 'svn':
      return unpackArchive(blobPath(store, pinned.files[0].sha256), 'none', folder, { signal, keep });
    case 'local':
      copyLocal(pinned, context.root, folder);
  }
}
