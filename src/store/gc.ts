import { statSync, utimesSync } from 'node:fs';
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '../base/index.ts';
import { readAction, type ActionResult } from './actions/actions.ts';
import { ownBlobPath } from './blobs/blobs.ts';
import { actionPath, ownLayer, treePath, type Store } from './layout.ts';
import { actionKeys, blobDigests, blobsOfResult, sizeOfFile, treeDigests } from './actions/references.ts';
import { alone } from './sessions/session.ts';
import { removeFolder } from './sessions/temporary.ts';
import { sealPath } from './trees/trees.ts';

export interface GcReport {
  /** Bytes of blobs before and after. */
  readonly before: number;
  readonly after: number;
  readonly actionsRemoved: number;
  readonly blobsRemoved: number;
  /** Bytes that must be kept whatever the budget: of the locks, the products and the newest runs. */
  readonly needed: number;
}

/** Marks an action as used now, for `gc`'s order; a time of today is good enough. */
export function touchAction(store: Store, key: Sha256): void {
  const path = actionPath(store, key);
  const day = 86_400_000;
  try {
    const { mtimeMs } = statSync(path);
    if (Date.now() - mtimeMs > day) utimesSync(path, new Date(), new Date());
  } catch (error) {
    // It may be collected at this moment, be another user's, or lie in a store that may only be read.
    if (!['ENOENT', 'EACCES', 'EPERM', 'EROFS'].includes((error as NodeJS.ErrnoException).code ?? ''))
      throw error;
  }
}

/** What the garbage collector leaves whatever the budget. */
export interface Kept {
  readonly keys: ReadonlySet<Sha256>;
  readonly blobs: ReadonlySet<Sha256>;
  /** Unpacked sources, which are named by a digest that no blob has. */
  readonly trees: ReadonlySet<Sha256>;
}

/**
 * Removes what nothing needs, the least recently used first, until the blobs are within the budget; unreferenced blobs
 * and all unpacked trees of removed artifacts go in any case, and so do entries that cannot be read and files that are
 * not the store's.
 * @param budget bytes
 * @throws Failure 'store-in-use' while another process works with the store; 'read-only-store'
 */
export async function collectGarbage(whole: Store, keep: Kept, budget: number): Promise<GcReport> {
  const store = ownLayer(whole);
  return alone(store, async () => {
    const blobs = blobDigests(store);
    const sizes = new Map(blobs.names.map((digest) => [digest, sizeOfFile(ownBlobPath(store, digest))]));
    const actions = actionKeys(store);
    const results = await byLastUse(
      store,
      // What is whole with the help of the store below stays as well.
      actions.names.flatMap((key) => readAction(whole, key) ?? []),
    );
    const kept = new Set<Sha256>(keep.blobs);
    const add = (result: ActionResult): void =>
      blobsOfResult(whole, result).forEach((digest) => kept.add(digest));
    results.filter((result) => keep.keys.has(result.key)).forEach(add);
    const total = (digests: Iterable<Sha256>): number => {
      let bytes = 0;
      for (const digest of digests) bytes += sizes.get(digest) ?? 0;
      return bytes;
    };
    const needed = total(kept);
    let bytes = needed;
    const keys = new Set<Sha256>(results.map(({ key }) => key).filter((key) => keep.keys.has(key)));
    for (const result of results) {
      if (keys.has(result.key)) continue;
      const more = [...blobsOfResult(whole, result)].filter((digest) => !kept.has(digest));
      if (bytes + total(more) > budget) break;
      bytes += total(more);
      keys.add(result.key);
      add(result);
    }
    const actionsRemoved = await removeAll(actions.names, keys, (key) => actionPath(store, key));
    const blobsRemoved = await removeAll(blobs.names, kept, (digest) => ownBlobPath(store, digest));
    const trees = treeDigests(store);
    const strays = [...actions.strays, ...blobs.strays, ...trees.strays];
    for (const stray of strays) await removeFolder(stray);
    // Unpacked trees can be made again from blobs, but not for nothing: those that are still named stay.
    for (const digest of trees.names)
      if (!kept.has(digest) && !keep.trees.has(digest)) await removeTree(store, digest);
    await removeOldLogs(store);
    return { before: total(sizes.keys()), after: bytes, actionsRemoved, blobsRemoved, needed };
  });
}

/** Removes an unpacked tree and its seal. */
export async function removeTree(store: Store, digest: Sha256): Promise<void> {
  const home = treePath(store, digest);
  await rm(sealPath(home), { recursive: true, force: true });
  await removeFolder(home);
}

/** The most recently used first. */
async function byLastUse(store: Store, results: readonly ActionResult[]): Promise<ActionResult[]> {
  const timed = await Promise.all(
    results.map(async (result) => ({ result, time: (await stat(actionPath(store, result.key))).mtimeMs })),
  );
  return timed.sort((a, b) => b.time - a.time).map(({ result }) => result);
}

async function removeAll(
  items: readonly Sha256[],
  kept: ReadonlySet<Sha256>,
  path: (item: Sha256) => string,
): Promise<number> {
  const removed = items.filter((item) => !kept.has(item));
  for (const item of removed) await rm(path(item), { force: true });
  return removed.length;
}

/** Logs are kept as blobs too; those of failed runs are here alone. */
const logDays = 30;

async function removeOldLogs(store: Store): Promise<void> {
  const folder = join(store.root, 'logs');
  for (const name of await readdir(folder)) {
    const { mtimeMs } = await stat(join(folder, name)).catch(() => ({ mtimeMs: 0 }));
    if (Date.now() - mtimeMs > logDays * 86_400_000) await removeFolder(join(folder, name));
  }
}
