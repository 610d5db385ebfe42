import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Failure, type Sha256 } from '../../base/index.ts';
import { blobPath, ensureTree, requireBlob, type Store } from '../../store/index.ts';

/**
 * The folder of an unpacked buildroot.
 * @param root `file:<sha256 of its tar>`, as the action has it
 * @throws DamagedBlob
 */
export async function buildrootFolder(store: Store, root: string): Promise<string> {
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
    const tar = spawn('tar', [...args, '--exclude=./dev/*'], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    tar.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2000)));
    const [code] = (await once(tar, 'close')) as [number | null];
    if (code !== 0) throw new Failure('unpack-failed', `tar could not unpack the buildroot: ${said.trim()}`);
  });
}

/** The digest of a buildroot's tar, of the word that an action has for it. */
export function buildrootDigest(root: string): Sha256 {
  return root.slice(root.indexOf(':') + 1) as Sha256;
}
