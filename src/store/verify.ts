import { existsSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isSha256, type Sha256 } from '../base/index.ts';
import { readAction } from './actions.ts';
import { hashFile } from './blobs.ts';
import { actionPath, blobPath, type Store } from './layout.ts';
import { actionKeys, blobDigests } from './references.ts';
import { clearDeadSessions } from './session.ts';

export interface VerifyReport {
  readonly blobs: number;
  readonly bytes: number;
  readonly actions: number;
  /** What is wrong, a sentence each; empty for a sound store. */
  readonly faults: readonly string[];
  /** Actions whose blobs are gone: cache misses, no harm. */
  readonly incomplete: readonly Sha256[];
  /** Sessions of killed processes whose leftovers were cleared away. */
  readonly cleared: number;
}

/**
 * Checks the store step by step: leftovers of killed processes are cleared, every blob is hashed, every action read.
 * @param mend remove blobs that are not what their name says, and actions that cannot be read; the next run makes them again
 */
export async function verifyStore(
  store: Store,
  options: { readonly mend?: boolean; readonly onProgress?: (blobs: number, of: number) => void } = {},
): Promise<VerifyReport> {
  const cleared = await clearDeadSessions(store);
  const faults: string[] = [];
  const digests = blobDigests(store);
  let bytes = 0;
  for (const [index, digest] of digests.entries()) {
    const path = blobPath(store, digest);
    const fault = await blobFault(path, digest);
    bytes += (await stat(path)).size;
    if (fault !== undefined) {
      faults.push(fault);
      if (options.mend === true) await removeBlob(store, digest);
    }
    options.onProgress?.(index + 1, digests.length);
  }
  const incomplete: Sha256[] = [];
  const keys = actionKeys(store);
  for (const key of keys) {
    if (isSha256(key) && readAction(store, key) !== undefined) continue;
    incomplete.push(key);
    if (options.mend === true) await rm(actionPath(store, key), { force: true });
  }
  return { blobs: digests.length, bytes, actions: keys.length, faults, incomplete, cleared };
}

async function blobFault(path: string, digest: Sha256): Promise<string | undefined> {
  if (!isSha256(digest)) return `${path} is not named by a digest`;
  const found = await hashFile(path);
  return found.digest === digest
    ? undefined
    : `the blob ${digest} holds bytes whose sha256 is ${found.digest}`;
}

/** A blob that lies goes, and with it the trees that were linked from it. */
async function removeBlob(store: Store, digest: Sha256): Promise<void> {
  await rm(blobPath(store, digest), { force: true });
  const trees = join(store.root, 'trees');
  if (!existsSync(trees)) return;
  for (const tree of await readdir(trees)) await rm(join(trees, tree), { recursive: true, force: true });
}
