import { readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure, type Sha256 } from '../base/index.ts';
import type { ActionResult } from './actions.ts';
import { actionPath, blobPath, type Store } from './layout.ts';
import { actionKeys, blobDigests, blobsOfResult, wholeResults } from './references.ts';
import { clearDeadSessions, lockStore } from './session.ts';

export interface GcReport {
  /** Bytes of blobs before and after. */
  readonly before: number;
  readonly after: number;
  readonly actionsRemoved: number;
  readonly blobsRemoved: number;
  /** Bytes that must be kept whatever the budget: of the lock, the products and the newest runs. */
  readonly needed: number;
}

/** Marks an action as used now, for `gc`'s order; a time of today is good enough. */
export async function touchAction(store: Store, key: Sha256): Promise<void> {
  const path = actionPath(store, key);
  const day = 86_400_000;
  const { mtimeMs } = await stat(path);
  if (Date.now() - mtimeMs > day) await utimes(path, new Date(), new Date());
}

/**
 * Removes what nothing needs, the least recently used first, until the blobs are within the budget; unreferenced blobs
 * and all unpacked trees of removed artifacts go in any case.
 * @param keep the digests and keys that must stay
 * @param budget bytes
 * @throws Failure 'store-in-use' while another process works with the store
 */
export async function collectGarbage(
  store: Store,
  keep: {
    readonly keys: ReadonlySet<Sha256>;
    readonly blobs: ReadonlySet<Sha256>;
    /** Unpacked sources, which are named by a digest that no blob has. */
    readonly trees: ReadonlySet<Sha256>;
  },
  budget: number,
): Promise<GcReport> {
  await clearDeadSessions(store);
  const lock = await lockStore(store);
  if (lock === undefined) {
    throw new Failure('store-in-use', `the store ${store.root} is in use by another run`, {
      hint: 'Run it again when that run has ended.',
      temporary: true,
    });
  }
  try {
    const sizes = await blobSizes(store);
    const results = await byLastUse(store, wholeResults(store));
    const kept = new Set<Sha256>(keep.blobs);
    const add = (result: ActionResult): void =>
      blobsOfResult(store, result).forEach((digest) => kept.add(digest));
    results.filter((result) => keep.keys.has(result.key)).forEach(add);
    const total = (digests: Iterable<Sha256>): number => {
      let bytes = 0;
      for (const digest of digests) bytes += sizes.get(digest) ?? 0;
      return bytes;
    };
    const needed = total(kept);
    let bytes = needed;
    const keys = new Set<Sha256>(keep.keys);
    for (const result of results) {
      if (keys.has(result.key)) continue;
      const more = [...blobsOfResult(store, result)].filter((digest) => !kept.has(digest));
      if (bytes + total(more) > budget) break;
      bytes += total(more);
      keys.add(result.key);
      add(result);
    }
    const actionsRemoved = await removeAll(
      actionKeys(store).filter((key) => !keys.has(key)),
      (key) => actionPath(store, key),
    );
    const blobsRemoved = await removeAll(
      blobDigests(store).filter((digest) => !kept.has(digest)),
      (digest) => blobPath(store, digest),
    );
    await removeTrees(store, (digest) => kept.has(digest) || keep.trees.has(digest));
    return { before: total(sizes.keys()), after: bytes, actionsRemoved, blobsRemoved, needed };
  } finally {
    await lock.release();
  }
}

async function blobSizes(store: Store): Promise<Map<Sha256, number>> {
  const sizes = new Map<Sha256, number>();
  for (const digest of blobDigests(store)) sizes.set(digest, (await stat(blobPath(store, digest))).size);
  return sizes;
}

/** The most recently used first. */
async function byLastUse(store: Store, results: readonly ActionResult[]): Promise<ActionResult[]> {
  const timed = await Promise.all(
    results.map(async (result) => ({ result, time: (await stat(actionPath(store, result.key))).mtimeMs })),
  );
  return timed.sort((a, b) => b.time - a.time).map(({ result }) => result);
}

async function removeAll<T>(items: readonly T[], path: (item: T) => string): Promise<number> {
  for (const item of items) await rm(path(item), { force: true });
  return items.length;
}

/** Unpacked trees can be made again from blobs, but not for nothing: those that are still named stay. */
async function removeTrees(store: Store, named: (digest: Sha256) => boolean): Promise<void> {
  const folder = join(store.root, 'trees');
  for (const name of await readdir(folder)) {
    if (!named(name as Sha256)) await rm(join(folder, name), { recursive: true, force: true });
  }
}
