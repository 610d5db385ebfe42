import { readFileSync, statSync } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import { Failure, sha256, type Sha256 } from '../../base/index.ts';
import { hashFile, hasBlob, hideBlob, ownBlobPath, type Blob } from './blobs.ts';
import { blobPath, type Store } from '../layout.ts';

/** A blob that is needed is damaged, or gone: what made it has to make it again. */
export class DamagedBlob extends Failure {
  readonly digest: Sha256;

  constructor(store: Store, digest: Sha256, what: 'damaged' | 'gone') {
    const path = blobPath(store, digest);
    super(
      'store-damaged',
      what === 'gone' ? `a file of the store is missing: ${path}` : `a file of the store is damaged: ${path}`,
      { hint: 'Run the pipeline again: the step that made it then runs again.' },
    );
    this.digest = digest;
  }
}

/** A blob, and its size where that is known. */
type Needed = Pick<Blob, 'digest'> & Partial<Blob>;

/** What was found out by hashing since a store was opened: true for a sound blob. */
const verdicts = new WeakMap<Store, Map<Sha256, Promise<boolean>>>();

/**
 * Makes sure that a blob is what its name says, by hashing it: once for each opening of the store, since neither its
 * size nor its times tell that bytes have changed in place. A damaged blob is removed.
 * @throws DamagedBlob
 */
export async function requireBlob(store: Store, { digest, size }: Needed): Promise<void> {
  if (!hasBlob(store, digest)) throw new DamagedBlob(store, digest, 'gone');
  if (!hasBlob(store, digest, size)) await removeBlob(store, digest);
  else if (await isSound(store, digest)) return;
  throw new DamagedBlob(store, digest, 'damaged');
}

/** Is a blob there, and is it what its name says? A damaged one is removed. */
export async function hasSoundBlob(store: Store, blob: Needed): Promise<boolean> {
  try {
    await requireBlob(store, blob);
    return true;
  } catch (error) {
    if (error instanceof DamagedBlob) return false;
    throw error;
  }
}

function isSound(store: Store, digest: Sha256): Promise<boolean> {
  const known = verdicts.get(store) ?? new Map<Sha256, Promise<boolean>>();
  verdicts.set(store, known);
  const before = known.get(digest);
  if (before !== undefined) return before;
  const path = blobPath(store, digest);
  const verdict = hashesTo(path, digest).then(async (sound) => {
    if (!sound) await removeBlob(store, digest);
    else if ((statSync(path).mode & 0o777) !== 0o444) await chmod(path, 0o444).catch(() => undefined);
    return sound;
  });
  known.set(digest, verdict);
  return verdict;
}

/** What cannot be read is not what its name says either: a bad sector, a lost permission. */
async function hashesTo(path: string, digest: Sha256): Promise<boolean> {
  try {
    return (await hashFile(path)).digest === digest;
  } catch (error) {
    if (['EIO', 'EACCES', 'EPERM', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return false;
    throw error;
  }
}

/** Takes a damaged blob away. In a store that may only be read it is hidden from this process. */
export async function removeBlob(store: Store, digest: Sha256): Promise<void> {
  const path = blobPath(store, digest);
  verdicts.get(store)?.delete(digest);
  if (store.readOnly || path !== ownBlobPath(store, digest)) hideBlob(path);
  else await rm(path, { recursive: true, force: true });
}

/**
 * The text of a blob.
 * @throws DamagedBlob when it is gone or damaged
 */
export function readBlob(store: Store, digest: Sha256): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(blobPath(store, digest));
  } catch {
    throw new DamagedBlob(store, digest, 'gone');
  }
  if (sha256(bytes) !== digest) throw new DamagedBlob(store, digest, 'damaged');
  return bytes.toString('utf8');
}
