import { constants, copyFileSync, linkSync } from 'node:fs';
import type { Sha256 } from '../../base/index.ts';
import { blobPath, type Store } from '../layout.ts';

/** What keeps a file from a second name: another file system, one without links or that forbids them, too many names. */
const noLink = new Set(['EXDEV', 'EPERM', 'EACCES', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);

/** Gives a blob a second name, which must not be written to; where it can have none, a copy. */
export function linkBlob(store: Store, digest: Sha256, path: string): void {
  const blob = blobPath(store, digest);
  try {
    linkSync(blob, path);
  } catch (error) {
    if (!noLink.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
    copyFileSync(blob, path, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
  }
}
