import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/index.ts';
import type { Store } from '../layout.ts';

/**
 * A fresh empty folder inside the store, on the same file system as all it holds, so that rename works.
 * Its name begins with this process's session (see session.ts): when the session is dead, the next run removes it.
 * @throws Failure 'read-only-store'
 */
export function temporaryFolder(store: Store, purpose: string): string {
  requireWritable(store);
  const folder = temporaryPath(store, purpose);
  mkdirSync(folder);
  return folder;
}

/** A path in the store's tmp/ that nothing has, and that the next session clears when this one is dead. */
export function temporaryPath(store: Store, purpose: string): string {
  return join(store.root, 'tmp', `${sessionName}.${purpose}.${randomBytes(6).toString('hex')}`);
}

/** @throws Failure 'read-only-store' when this process may only read the store */
export function requireWritable(store: Store): void {
  if (!store.readOnly) return;
  throw new Failure('read-only-store', `the store ${store.root} can only be read`, {
    hint: 'What it holds can be used, but nothing new can be made. Name a store that can be written: CIDERMILL_STORE.',
  });
}

/** Unique over hosts and containers that share a store: pids alone collide there. */
export const sessionName = `${process.pid}-${randomBytes(8).toString('hex')}`;

/** Is it the name of a session? */
export function isSessionName(name: string): boolean {
  return /^\d+-[0-9a-f]{16}$/.test(name);
}

/** Removes a folder and all in it, also folders in it that may not be written. */
export async function removeFolder(folder: string): Promise<void> {
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 3 });
  await remove().catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error;
    makeWritable(folder);
    return remove();
  });
}

function makeWritable(folder: string): void {
  chmodSync(folder, 0o700);
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) makeWritable(join(folder, entry.name));
}
