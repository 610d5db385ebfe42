import { hasBlob, hasSoundBlob, type Store } from '../store/index.ts';
import type { LockedFile } from './locked.ts';

/** Hashes the files that the store has already, and removes those that are damaged: they are then fetched again. */
export async function dropDamaged(store: Store, files: readonly LockedFile[]): Promise<void> {
  for (const { sha256, size } of files)
    if (hasBlob(store, sha256)) await hasSoundBlob(store, { digest: sha256, size });
}
