import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Failure, type Sha256 } from '../base/index.ts';

/** A store on disk. docs/store-layout.md describes every folder in it. */
export interface Store {
  /** The versioned root, absolute: `<path given>/v1`. */
  readonly root: string;
  /** This process may only read it: nothing in it is made, changed or removed. */
  readonly readOnly: boolean;
  /** A store that is read where this one has a miss, and never written. */
  readonly below?: Store;
}

const version = 'v1';
const folders = [
  ...['cas', 'ac', 'trees', 'partial', 'tmp', 'locks', 'logs', 'history', 'users', 'projects'],
] as const;
const cacheTag = `Signature: 8a477f597d28d172789f06886806bc55
# This directory holds a cache made by cidermill. For information see https://bford.info/cachedir/
`;

export interface OpenOptions {
  /** A store to read where this one has a miss. */
  readonly below?: Store | undefined;
  /** Put an empty folder where something else is in the place of one; a file always makes way. */
  readonly mend?: boolean;
}

/**
 * Opens the store in a directory, and makes what is missing of its folders. Synchronous: it is on the path of a no-op run.
 * @throws Failure 'store-damaged' when a part of it leads nowhere; the file system's own error when it cannot be made
 */
export function openStore(directory: string, { below, mend = false }: OpenOptions = {}): Store {
  const root = join(directory, version);
  const more = below === undefined ? {} : { below };
  if (existsSync(root) && !isWritable(root)) return { root, readOnly: true, ...more };
  for (const folder of folders) makeFolder(join(root, folder), mend);
  const tag = join(directory, 'CACHEDIR.TAG');
  if (!existsSync(tag)) {
    const work = join(root, 'tmp', `CACHEDIR.TAG.${process.pid}`);
    writeFileSync(work, cacheTag);
    renameSync(work, tag);
  }
  return { root, readOnly: false, ...more };
}

/** Is there a store in a directory, whether or not it may be written? */
export function hasStore(directory: string): boolean {
  return existsSync(join(directory, version));
}

function isWritable(root: string): boolean {
  const tmp = join(root, 'tmp');
  try {
    accessSync(existsSync(tmp) ? tmp : root, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function makeFolder(path: string, mend: boolean): void {
  if (existsSync(`${path}/.`)) return;
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there !== undefined) {
    // A file in the place of a folder holds nothing that a run needs; a link may lead to a disk that is not mounted.
    if (mend || there.isFile()) rmSync(path, { force: true });
    else
      throw new Failure('store-damaged', `the store is damaged: ${path} is not a folder`, {
        hint: 'Run `cidermill store verify --mend` to replace it with an empty folder.',
      });
  }
  mkdirSync(path, { recursive: true });
}

/** Where a blob lies when it is there: in this store, or in the one below it. */
export function blobPath(store: Store, digest: Sha256): string {
  return inLayers(store, (root) => join(root, 'cas', digest.slice(0, 2), digest));
}

/** Where the result of an action lies when it is there. */
export function actionPath(store: Store, key: Sha256): string {
  return inLayers(store, (root) => join(root, 'ac', key.slice(0, 2), `${key}.json`));
}

/** Where an unpacked tree lies when it is there. */
export function treePath(store: Store, digest: Sha256): string {
  return inLayers(store, (root) => join(root, 'trees', digest));
}

/** Where a download that is not yet whole grows; named by the digest it will have, so that the next run resumes it. */
export function partialPath(store: Store, digest: Sha256): string {
  return join(store.root, 'partial', digest);
}

/** The store by itself, without the one below: what is written, counted, verified and collected. */
export function ownLayer({ root, readOnly }: Store): Store {
  return { root, readOnly };
}

function inLayers(store: Store, path: (root: string) => string): string {
  const own = path(store.root);
  if (store.below === undefined || existsSync(own)) return own;
  const below = inLayers(store.below, path);
  return existsSync(below) ? below : own;
}
