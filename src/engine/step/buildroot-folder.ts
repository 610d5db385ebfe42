import type { Sha256 } from '../../base/index.ts';
import { runWell } from '../../host/program.ts';
import { blobPath, ensureTree, type Store } from '../../store/index.ts';

/**
 * Gives the folder of an unpacked buildroot, and unpacks it where it is not there.
 * @param root `file:<sha256 of its tar>`, as the action has it
 */
export async function buildrootFolder(store: Store, root: string, signal: AbortSignal): Promise<string> {
  const digest = root.slice(root.indexOf(':') + 1) as Sha256;
  return ensureTree(store, digest, async (folder) => {
    // An ordinary user can own nothing but what is his; device nodes come from bwrap's --dev.
    const args = [
      '-xf',
      blobPath(store, digest),
      '-C',
      folder,
      '--no-same-owner',
      '--delay-directory-restore',
    ];
    await runWell('tar', [...args, '--exclude=./dev/*'], {
      signal,
      from: 'tar',
      what: 'unpacking the buildroot',
    });
  });
}
