import { mkdirSync, existsSync, writeFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Sha256 } from '../base/index.ts';

/** A store on disk. docs/store-layout.md describes every folder in it. */
export interface Store {
  /** The versioned root, absolute: `<path given>/v1`. */
  readonly root: string;
}

const version = 'v1';
const cacheTag = `Signature: 8a477f597d28d172789f06886806bc55
# This directory holds a cache made by cidermill. For information see https://bford.info/cachedir/
`;

/** Opens the store in a directory and lays it out if it is new. Synchronous: it is on the path of a no-op run. */
export function openStore(directory: string): Store {
  const root = join(directory, version);
  if (!existsSync(join(directory, 'CACHEDIR.TAG')) || !existsSync(join(root, 'tmp'))) {
    for (const folder of ['cas', 'ac', 'trees', 'partial', 'tmp', 'locks', 'logs', 'history', 'users']) {
      mkdirSync(join(root, folder), { recursive: true });
    }
    const tag = join(root, 'tmp', `CACHEDIR.TAG.${process.pid}`);
    writeFileSync(tag, cacheTag);
    renameSync(tag, join(directory, 'CACHEDIR.TAG'));
  }
  return { root };
}

/** Where a blob lies when it is there. */
export function blobPath(store: Store, digest: Sha256): string {
  return join(store.root, 'cas', digest.slice(0, 2), digest);
}

/** Where the result of an action lies when it is there. */
export function actionPath(store: Store, key: Sha256): string {
  return join(store.root, 'ac', key.slice(0, 2), `${key}.json`);
}

/** Where an unpacked tree lies when it is there. */
export function treePath(store: Store, digest: Sha256): string {
  return join(store.root, 'trees', digest);
}

/** Where a download that is not yet whole grows; named by the digest it will have, so that the next run resumes it. */
export function partialPath(store: Store, digest: Sha256): string {
  return join(store.root, 'partial', digest);
}
