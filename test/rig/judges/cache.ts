import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where judges that are not installed lie, shared by all checkouts: CIDERMILL_JUDGES, or the user's cache. */
export const judgesFolder =
  process.env['CIDERMILL_JUDGES'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'cidermill', 'judges');

export function cached(name: string): string {
  return join(judgesFolder, name);
}

/** Makes a folder of the cache where it is not there yet. It appears whole: several runs may make it at once. */
export async function makeCached(name: string, make: (folder: string) => Promise<void>): Promise<void> {
  if (existsSync(cached(name))) return;
  const partial = `${cached(name)}.${process.pid}-${randomBytes(4).toString('hex')}`;
  mkdirSync(partial, { recursive: true });
  try {
    await make(partial);
    if (!existsSync(cached(name))) renameSync(partial, cached(name));
  } catch (error) {
    if (!existsSync(cached(name))) throw error;
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}
