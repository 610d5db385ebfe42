import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { systemReason, type Sha256 } from '../base/index.ts';
import { readAction, readEntry } from './actions/actions.ts';
import { hashFile, ownBlobPath } from './blobs/blobs.ts';
import { removeTree } from './gc.ts';
import { actionPath, ownLayer, treePath, type Store } from './layout.ts';
import { actionKeys, blobDigests, sizeOfFile, treeDigests } from './actions/references.ts';
import { alone, clearDeadSessions } from './sessions/session.ts';
import { removeBlob } from './blobs/sound.ts';
import { taintedBy } from './actions/taint.ts';
import { removeFolder } from './sessions/temporary.ts';
import { isSealed, sealPath } from './trees/trees.ts';

export interface VerifyReport {
  readonly blobs: number;
  readonly bytes: number;
  readonly actions: number;
  readonly trees: number;
  /** What is wrong, a sentence each; empty for a sound store. */
  readonly faults: readonly string[];
  /** Actions whose blobs are gone: cache misses, no harm. */
  readonly incomplete: readonly Sha256[];
  /** Actions that were made from something damaged, directly or through other steps: their outputs may be wrong. */
  readonly tainted: readonly Sha256[];
  /** Sessions of killed processes whose leftovers were cleared away. */
  readonly cleared: number;
}

export interface VerifyStoreOptions {
  /**
   * Remove what is damaged, and the entries of all that was made from it: the next run makes it again.
   */
  readonly mend?: boolean;
  /** Blobs and trees that were looked at. */
  readonly onProgress?: (done: number, of: number) => void;
}

/**
 * Checks the store: leftovers of killed processes are cleared away, every blob and tree is hashed, every entry is read.
 * @throws Failure 'store-in-use' when it shall be mended while another process works with it; 'read-only-store' likewise
 */
export async function verifyStore(whole: Store, options: VerifyStoreOptions = {}): Promise<VerifyReport> {
  const store = ownLayer(whole);
  const cleared = await clearDeadSessions(store);
  const look = async (): Promise<VerifyReport> => {
    const found = await examine(store, whole, options.onProgress);
    if (options.mend === true) await mend(store, found);
    return { ...found.report, cleared };
  };
  return options.mend === true ? alone(store, look) : look();
}

interface Found {
  readonly report: Omit<VerifyReport, 'cleared'>;
  readonly blobs: readonly Sha256[];
  /** Changed since they were unpacked, or from before trees were sealed. */
  readonly trees: readonly Sha256[];
  readonly entries: readonly Sha256[];
  readonly strays: readonly string[];
}

async function examine(
  store: Store,
  whole: Store,
  onProgress: VerifyStoreOptions['onProgress'],
): Promise<Found> {
  const [blobs, actions, trees] = [blobDigests(store), actionKeys(store), treeDigests(store)];
  const faults: string[] = [];
  const of = blobs.names.length + trees.names.length;
  let [done, bytes] = [0, 0];
  const damagedBlobs: Sha256[] = [];
  for (const digest of blobs.names) {
    const path = ownBlobPath(store, digest);
    const fault = await blobFault(path, digest);
    bytes += sizeOfFile(path);
    if (fault !== undefined) damagedBlobs.push(digest);
    if (fault !== undefined) faults.push(fault);
    onProgress?.((done += 1), of);
  }
  const [changedTrees, unsealed]: [Sha256[], Sha256[]] = [[], []];
  for (const digest of trees.names) {
    const home = treePath(store, digest);
    if (!existsSync(sealPath(home))) unsealed.push(digest);
    else if (!(await isSealed(home)) && existsSync(home)) {
      changedTrees.push(digest);
      faults.push(`the unpacked tree ${home} was changed`);
    }
    onProgress?.((done += 1), of);
  }
  const unreadable = actions.names.filter((key) => readEntry(store, key) === undefined);
  for (const key of unreadable) faults.push(`the entry ${actionPath(store, key)} cannot be read`);
  const strays = [...blobs.strays, ...actions.strays, ...trees.strays];
  for (const path of strays) faults.push(`${path} is not a file of the store`);
  const entries = actions.names.flatMap((key) => readEntry(store, key) ?? []);
  const tainted = taintedBy(store, entries, { blobs: damagedBlobs, trees: changedTrees });
  const incomplete = entries.map(({ key }) => key).filter((key) => readAction(whole, key) === undefined);
  return {
    report: {
      blobs: blobs.names.length,
      bytes,
      actions: actions.names.length,
      trees: trees.names.length,
      faults,
      incomplete,
      tainted,
    },
    blobs: damagedBlobs,
    trees: [...changedTrees, ...unsealed],
    entries: [...unreadable, ...tainted],
    strays,
  };
}

async function mend(store: Store, { blobs, trees, entries, strays }: Found): Promise<void> {
  for (const stray of strays) await removeFolder(stray);
  for (const digest of trees) await removeTree(store, digest);
  // First the entries, then what they name: killed in between, nothing points at what is gone.
  for (const key of entries) await rm(actionPath(store, key), { force: true });
  for (const digest of blobs) await removeBlob(store, digest);
  // What lacks a blob now is a miss; without its entry nothing has to be looked at again.
  for (const key of actionKeys(store).names)
    if (readAction(store, key) === undefined) await rm(actionPath(store, key), { force: true });
}

async function blobFault(path: string, digest: Sha256): Promise<string | undefined> {
  try {
    const found = await hashFile(path);
    return found.digest === digest ? undefined : `the blob ${path} holds other bytes: sha256 ${found.digest}`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Another process may have collected it meanwhile.
    if (code === 'ENOENT') return undefined;
    if (code === undefined) throw error;
    return `the blob ${path} cannot be read: ${systemReason(error)}`;
  }
}
