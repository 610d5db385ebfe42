import { lstatSync, readFileSync } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { uniqueName, type Sha256 } from '../../base/index.ts';
import { measuringSpace } from '../../host/index.ts';
import { ownLayer, treePath, type Store } from '../layout.ts';
import { withLock } from '../sessions/lock.ts';
import { removeFolder, temporaryFolder } from '../sessions/temporary.ts';
import { sealOf } from './tree-seal.ts';
import { writeWhole } from '../whole-file.ts';

/**
 * The folder that holds an unpacked tree (a source, a buildroot, an artifact's directory), made by `unpack` when it is
 * not there. It appears by rename when it is whole; two processes that want the same one unpack it once. One that is not
 * what it was when it was unpacked is made anew.
 * Trees are a convenience: everything in them can be made again from blobs.
 */
export async function ensureTree(
  store: Store,
  digest: Sha256,
  unpack: (folder: string) => Promise<void>,
): Promise<string> {
  const found = await soundTree(store, digest);
  if (found !== undefined) return found;
  return withLock(join(store.root, 'locks', `tree-${digest}`), async () => {
    const other = await soundTree(store, digest);
    if (other !== undefined) return other;
    const home = treePath(ownLayer(store), digest);
    const work = temporaryFolder(store, 'tree');
    try {
      const folder = join(work, 'tree');
      await mkdir(folder);
      await measuringSpace(store.root, () => unpack(folder));
      await setAside(store, home);
      // A seal without its tree harms nothing; a tree without its seal is made again.
      await writeWhole(store, sealPath(home), await sealOf(folder));
      await rename(folder, home);
    } finally {
      await removeFolder(work);
    }
    known(store).set(digest, Promise.resolve(home));
    return home;
  });
}

/** What was found out since a store was opened. */
const checked = new WeakMap<Store, Map<Sha256, Promise<string | undefined>>>();

function known(store: Store): Map<Sha256, Promise<string | undefined>> {
  const map = checked.get(store) ?? new Map<Sha256, Promise<string | undefined>>();
  checked.set(store, map);
  return map;
}

/**
 * The folder of an unpacked tree, if it is there and all in it is unchanged unpacked. All of its files are read for
 * that, once for each opening of the store.
 */
export async function soundTree(store: Store, digest: Sha256): Promise<string | undefined> {
  const home = treePath(store, digest);
  const before = known(store).get(digest);
  if (before !== undefined) return before;
  const verdict = isSealed(home).then((sealed) => (sealed ? home : undefined));
  known(store).set(digest, verdict);
  const found = await verdict;
  if (found === undefined) known(store).delete(digest);
  return found;
}

/** Is a tree there, and is all in it as it was unpacked? */
export async function isSealed(home: string): Promise<boolean> {
  if (lstatSync(home, { throwIfNoEntry: false })?.isDirectory() !== true) return false;
  try {
    const seal = readFileSync(sealPath(home), 'utf8');
    return (await sealOf(home)) === seal;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== undefined) return false;
    throw error;
  }
}

/** Where the seal of a tree lies: beside it. */
export function sealPath(home: string): string {
  return `${home}.seal`;
}

/** Begins the name of what was moved out of the way: another run may still work in it. */
export const asidePrefix = 'aside.';

/** Moves a tree out of the way; what has the store for itself removes it. */
async function setAside(store: Store, home: string): Promise<void> {
  const aside = join(store.root, 'tmp', `${asidePrefix}${uniqueName()}`);
  await rename(home, aside).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  });
}
