import { readFileSync } from 'node:fs';
import { canonicalJson, type Material, type Sha256 } from '../../base/index.ts';
import type { Action } from './action.ts';
import { hasBlob, type Blob } from '../blobs/blobs.ts';
import { actionPath, ownLayer, type Store } from '../layout.ts';
import { resultFault } from './result-fault.ts';
import { DamagedBlob, readBlob } from '../blobs/sound.ts';
import { readSummed, withSum, writeWhole } from '../whole-file.ts';

/** One declared output of an artifact. */
export type Output =
  | (Blob & { readonly type: 'file'; readonly path: string; readonly executable: boolean })
  /** `digest` is that of the directory's listing, a blob itself (see directory.ts); `size` is the listing's. */
  | (Blob & { readonly type: 'directory'; readonly path: string });

/** What the action cache remembers of a step that succeeded. */
export type ActionResult = {
  readonly key: Sha256;
  /** The action as it was hashed. */
  readonly action: Action;
  readonly outputs: Readonly<Record<string, Output>>;
  readonly notes: readonly string[];
  /** What it was made from, from outside: source → what was pinned of it; "packages" of a buildroot. */
  readonly materials: Readonly<Record<string, readonly Material[]>>;
  /** The keys of the actions that made its inputs; "" stands for its buildroot. Files of the user's have none. */
  readonly producers: Readonly<Record<string, Sha256>>;
  /** Of the host's tools that the action names for any version: tool → the first line that the one used said of its version. */
  readonly tools?: Readonly<Record<string, string>>;
  /** When the script was started, ISO 8601. */
  readonly started: string;
  /** Milliseconds the script ran. */
  readonly duration: number;
  /** The blob that holds the step's log. */
  readonly log: Sha256;
};

/** A listing of a directory: what is in it, sorted by path, paths with "/". */
export type ListingEntry =
  | (Blob & { readonly type: 'file'; readonly path: string; readonly executable: boolean })
  | { readonly type: 'directory'; readonly path: string }
  | { readonly type: 'symlink'; readonly path: string; readonly target: string };

/**
 * Reads a directory's listing. It was written by us and is named by its digest, so its form is not checked again.
 * @throws DamagedBlob when it is gone, or not what its name says
 */
export function readListing(store: Store, digest: Sha256): readonly ListingEntry[] {
  return JSON.parse(readBlob(store, digest)) as ListingEntry[];
}

/**
 * The result of an action, if all it needs is still there; undefined is a cache miss, whatever the reason: an entry that
 * cannot be read, or that is damaged, is one. The bytes of its blobs are not looked at.
 * Synchronous: a no-op run asks it for every step.
 */
export function readAction(store: Store, key: Sha256): ActionResult | undefined {
  const result = readEntry(store, key);
  if (result === undefined) return undefined;
  return Object.values(result.outputs).every((output) => isWhole(store, output)) ? result : undefined;
}

/** The entry of an action, whether or not what it names is there; undefined when it cannot be read or is damaged. */
export function readEntry(store: Store, key: Sha256): ActionResult | undefined {
  let text: string;
  try {
    text = readFileSync(actionPath(store, key), 'utf8');
  } catch {
    return undefined;
  }
  // An entry from before sums has none.
  const entry = readSummed(text, 'allow');
  return resultFault(entry, key) === undefined ? (entry as ActionResult) : undefined;
}

/**
 * Every blob that an output consists of.
 * @throws DamagedBlob when it is a directory whose listing cannot be read
 */
export function blobsOf(store: Store, output: Output): Blob[] {
  if (output.type === 'file') return [output];
  return [output, ...readListing(store, output.digest).filter((entry) => entry.type === 'file')];
}

function isWhole(store: Store, output: Output): boolean {
  if (!hasBlob(store, output.digest, output.size)) return false;
  if (output.type === 'file') return true;
  try {
    return blobsOf(store, output).every((blob) => hasBlob(store, blob.digest, blob.size));
  } catch (error) {
    if (error instanceof DamagedBlob) return false;
    throw error;
  }
}

/** Writes a result; it appears by rename after fsync, when all its blobs are in the store. */
export async function writeAction(store: Store, result: ActionResult): Promise<void> {
  const path = actionPath(ownLayer(store), result.key);
  await writeWhole(store, path, withSum(canonicalJson(result)));
}

/** Whether two results have the same outputs: bytes, paths and all. */
export function sameOutputs(a: ActionResult['outputs'], b: ActionResult['outputs']): boolean {
  return canonicalJson(a) === canonicalJson(b);
}
