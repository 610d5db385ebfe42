import { existsSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/index.ts';
import { acquire, type Lock } from './lock.ts';
import type { Store } from '../layout.ts';
import { isSessionName, removeFolder, requireWritable, sessionName } from './temporary.ts';

/**
 * Announces this process as a user of the store, which keeps `gc` away and its temporary folders alive, and clears
 * away what processes that were killed left behind. Every process that writes to the store holds a session.
 * @throws Failure 'read-only-store'
 */
export async function openSession(store: Store): Promise<Lock> {
  requireWritable(store);
  const lock = await announce(store);
  await clearDeadSessions(store);
  return {
    release: async () => {
      await clearTemporary(store, sessionName);
      await rm(userPath(store, sessionName), { force: true });
      await lock?.release();
    },
  };
}

async function announce(store: Store): Promise<Lock | undefined> {
  const path = userPath(store, sessionName);
  for (;;) {
    const lock = await acquire([{ path: storeLock(store), shared: true }, { path }], true);
    // Between making the file and locking it, another process may have taken it for a dead session's.
    if (existsSync(path)) return lock;
    await lock?.release();
  }
}

/**
 * Does something that no other process may see half done, while no session is open.
 * @throws Failure 'store-in-use' while another process works with the store; 'read-only-store'
 */
export async function alone<T>(store: Store, work: () => Promise<T>): Promise<T> {
  requireWritable(store);
  await clearDeadSessions(store);
  const lock = await acquire([{ path: storeLock(store) }], false);
  if (lock === undefined) {
    throw new Failure('store-in-use', `the store ${store.root} is in use by another run`, {
      hint: 'Run it again when that run has ended.',
      temporary: true,
    });
  }
  try {
    await clearStrays(store);
    return await work();
  } finally {
    await lock.release();
  }
}

/** Removes the temporary files of sessions whose process is gone; returns how many there were. */
export async function clearDeadSessions(store: Store): Promise<number> {
  if (store.readOnly) return 0;
  let dead = 0;
  for (const session of await readdir(join(store.root, 'users'))) {
    if (session === sessionName || !isSessionName(session)) continue;
    const lock = await acquire([{ path: userPath(store, session) }], false);
    if (lock === undefined) continue;
    await clearTemporary(store, session);
    await rm(userPath(store, session), { recursive: true, force: true });
    await lock.release();
    dead += 1;
  }
  return dead;
}

function storeLock(store: Store): string {
  return join(store.root, 'locks', 'store');
}

function userPath(store: Store, session: string): string {
  return join(store.root, 'users', session);
}

async function clearTemporary(store: Store, session: string): Promise<void> {
  const folder = join(store.root, 'tmp');
  for (const entry of await readdir(folder)) {
    if (entry.startsWith(`${session}.`)) await removeFolder(join(folder, entry));
  }
}

/** Removes what nobody works with: while no other session is open, that is all but this process's own. */
async function clearStrays(store: Store): Promise<void> {
  for (const folder of ['tmp', 'users'])
    for (const entry of await readdir(join(store.root, folder)))
      if (entry.split('.')[0] !== sessionName) await removeFolder(join(store.root, folder, entry));
}
