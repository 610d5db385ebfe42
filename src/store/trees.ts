import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { Sha256 } from '../base/index.ts';
import { treePath, type Store } from './layout.ts';
import { withLock } from './lock.ts';
import { removeFolder, temporaryFolder } from './temporary.ts';

/**
 * The folder that holds an unpacked tree (a source, a buildroot, an artifact's directory), made by `unpack` when it is
 * not there. It appears by rename when it is whole; two processes that want the same one unpack it once.
 * Trees are a convenience: everything in them can be made again from blobs.
 */
export async function ensureTree(
  store: Store,
  digest: Sha256,
  unpack: (folder: string) => Promise<void>,
): Promise<string> {
  const home = treePath(store, digest);
  if (existsSync(home)) return home;
  return withLock(join(store.root, 'locks', `tree-${digest}`), async () => {
    if (existsSync(home)) return home;
    const work = temporaryFolder(store, 'tree');
    try {
      const folder = join(work, 'tree');
      const { mkdir } = await import('node:fs/promises');
      await mkdir(folder);
      await unpack(folder);
      await rename(folder, home);
    } finally {
      await removeFolder(work);
    }
    return home;
  });
}
