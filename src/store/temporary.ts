import { mkdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import type { Store } from './layout.ts';

/**
 * A fresh empty folder inside the store, on the same file system as all it holds, so that rename works.
 * Its name begins with this process's session (see session.ts): when the session is dead, the next run removes it.
 */
export function temporaryFolder(store: Store, purpose: string): string {
  const folder = join(store.root, 'tmp', `${sessionName}.${purpose}.${randomBytes(6).toString('hex')}`);
  mkdirSync(folder);
  return folder;
}

/** Unique over hosts and containers that share a store: pids alone collide there. */
export const sessionName = `${process.pid}-${randomBytes(8).toString('hex')}`;

export async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}
