import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { acquire, type Lock } from './lock.ts';
import type { Store } from './layout.ts';
import { removeFolder, sessionName } from './temporary.ts';

/**
 * Announces this process as a user of the store, which keeps `gc` away and its temporary folders alive, and clears
 * away what processes that were killed left behind. Every process that writes to the store holds a session.
 */
export async function openSession(store: Store): Promise<Lock> {
  const lock = await acquire(
    [{ path: join(store.root, 'locks', 'store'), shared: true }, { path: userPath(store, sessionName) }],
    true,
  );
  await clearDeadSessions(store);
  return {
    release: async () => {
      await clearTemporary(store, sessionName);
      await rm(userPath(store, sessionName), { force: true });
      await lock?.release();
    },
  };
}

/** Takes the store for one process alone, or gives undefined when a session is open. */
export async function lockStore(store: Store): Promise<Lock | undefined> {
  return acquire([{ path: join(store.root, 'locks', 'store') }], false);
}

/** Removes the temporary files of sessions whose process is gone; returns how many there were. */
export async function clearDeadSessions(store: Store): Promise<number> {
  let dead = 0;
  for (const session of await readdir(join(store.root, 'users'))) {
    if (session === sessionName) continue;
    const lock = await acquire([{ path: userPath(store, session) }], false);
    if (lock === undefined) continue;
    await clearTemporary(store, session);
    await rm(userPath(store, session), { force: true });
    await lock.release();
    dead += 1;
  }
  return dead;
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
