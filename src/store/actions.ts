import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { canonicalJson, isSha256, type Json, type Material, type Sha256 } from '../base/index.ts';
import type { Action } from './action.ts';
import { hasBlob, type Blob } from './blobs.ts';
import { actionPath, blobPath, type Store } from './layout.ts';
import { sessionName } from './temporary.ts';

/** One declared output of an artifact. */
export type Output =
  | (Blob & { readonly type: 'file'; readonly path: string; readonly executable: boolean })
  /** `digest` is that of the directory's listing, a blob itself (see directory.ts); `size` is the listing's. */
  | (Blob & { readonly type: 'directory'; readonly path: string });

/** What the action cache remembers of a step that succeeded. */
export interface ActionResult {
  readonly key: Sha256;
  /** The action as it was hashed. */
  readonly action: Action;
  readonly outputs: Readonly<Record<string, Output>>;
  readonly notes: readonly string[];
  /** What it was made from, from outside: source → what was pinned of it; "packages" of a buildroot. */
  readonly materials: Readonly<Record<string, readonly Material[]>>;
  /** The keys of the actions that made its inputs; "" stands for its buildroot. Files of the user's have none. */
  readonly producers: Readonly<Record<string, Sha256>>;
  /** When the script was started, ISO 8601. */
  readonly started: string;
  /** Milliseconds the script ran. */
  readonly duration: number;
  /** The blob that holds the step's log. */
  readonly log: Sha256;
}

/** A listing of a directory: what is in it, sorted by path, paths with "/". */
export type ListingEntry =
  | (Blob & { readonly type: 'file'; readonly path: string; readonly executable: boolean })
  | { readonly type: 'directory'; readonly path: string }
  | { readonly type: 'symlink'; readonly path: string; readonly target: string };

/** Reads a directory's listing. It was written by us and is named by its digest, so its form is not checked again. */
export function readListing(store: Store, digest: Sha256): readonly ListingEntry[] {
  return JSON.parse(readFileSync(blobPath(store, digest), 'utf8')) as ListingEntry[];
}

/**
 * The result of an action, if all it needs is still there; undefined is a cache miss, whatever the reason.
 * Synchronous: a no-op run asks it for every step.
 */
export function readAction(store: Store, key: Sha256): ActionResult | undefined {
  let result: ActionResult;
  try {
    result = JSON.parse(readFileSync(actionPath(store, key), 'utf8')) as ActionResult;
  } catch {
    return undefined;
  }
  // An entry without materials is from before they were recorded.
  if (result.key !== key || typeof result.outputs !== 'object' || typeof result.materials !== 'object')
    return undefined;
  return Object.values(result.outputs).every((output) => isWhole(store, output)) ? result : undefined;
}

/** Every blob that an output consists of. The listing itself must be there. */
export function blobsOf(store: Store, output: Output): Blob[] {
  if (output.type === 'file') return [output];
  return [output, ...readListing(store, output.digest).filter((entry) => entry.type === 'file')];
}

function isWhole(store: Store, output: Output): boolean {
  if (!isSha256(output.digest) || !hasBlob(store, output.digest, output.size)) return false;
  return (
    output.type === 'file' || blobsOf(store, output).every((blob) => hasBlob(store, blob.digest, blob.size))
  );
}

/** Writes a result; it appears by rename after fsync, when all its blobs are in the store. */
export async function writeAction(store: Store, result: ActionResult): Promise<void> {
  await writeWhole(store, actionPath(store, result.key), canonicalJson(result as unknown as Json));
}

/** Writes a small file of the store whole or not at all. */
export async function writeWhole(store: Store, path: string, text: string): Promise<void> {
  const work = join(store.root, 'tmp', `${sessionName}.file.${randomBytes(6).toString('hex')}`);
  const file = await open(work, 'wx');
  try {
    await file.writeFile(text);
    await file.sync();
    await file.close();
    await mkdir(dirname(path), { recursive: true });
    await rename(work, path);
  } finally {
    await rm(work, { force: true });
  }
}
