import type { Sha256 } from '../../base/index.ts';
import { runWell } from '../../host/programs/program.ts';
import { blobPath, ensureTree, requireBlob, type Store } from '../../store/index.ts';

/**
 * Gives the folder of an unpacked buildroot, and unpacks it where it is not there.
 * @param root `file:<sha256 of its tar>`, as the action has it
 * @throws DamagedBlob
 */
export async function buildrootFolder(store: Store, root: string, signal: AbortSignal): Promise<string> {
  const digest = buildrootDigest(root);
  return ensureTree(store, digest, async (folder) => {
    await requireBlob(store, { digest });
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

/** The digest of a buildroot's tar, of the word that an action has for it. */
export function buildrootDigest(root: string): Sha256 {
  return root.slice(root.indexOf(':') + 1) as Sha256;
}
