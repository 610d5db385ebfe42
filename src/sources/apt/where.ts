import PQueue from 'p-queue';
import type { SourceContext } from '../context.ts';
import { isThere } from '../http/exists.ts';
import type { LockedFile } from '../locked.ts';
import { addressesOf } from './apt-fetch.ts';
import { partOfFile } from './archives/archive.ts';
import { knownArchives } from './archives/known-archives.ts';
import { isSnapshot } from './archives/snapshots.ts';
import { whyMissed } from './misses.ts';

/** Where a pinned file can be had; the security archive drops a file soon after a newer one. */
export type Whereabouts = 'mirror' | 'security' | 'snapshot' | 'vanished';

/** At once, of HEAD requests to one or two servers. */
const atOnce = 8;

/**
 * Asks the known archives where each file is, and fetches none. The store is not asked: the next machine has another.
 * @returns by the file's digest
 * @throws Failure 'fetch-failed' when an archive does not answer, 'no-mirror' when that of a file is not known
 */
export async function whereabouts(
  files: readonly LockedFile[],
  pinned: string | undefined,
  context: SourceContext,
): Promise<ReadonlyMap<string, Whereabouts>> {
  const known = await knownArchives(context.mirrors);
  const found = new Map<string, Whereabouts>();
  const queue = new PQueue({ concurrency: atOnce });
  await queue.addAll(
    files.map((file) => async () => {
      found.set(file.sha256, 'vanished');
      for (const { root, address } of addressesOf(file, known, pinned)) {
        if (!(await isThere(address, context.signal))) continue;
        const atSecurity = partOfFile(file.file) === 'security' && address.includes('/pool/updates/');
        found.set(file.sha256, isSnapshot(root) ? 'snapshot' : atSecurity ? 'security' : 'mirror');
        return;
      }
    }),
  );
  // On an archive that is not known here a file may well be.
  const gone = files.filter(({ sha256 }) => found.get(sha256) === 'vanished');
  const why =
    gone.length === 0 ? undefined : whyMissed('pinned files', { files: gone, asked: [], known }, context);
  if (why !== undefined) throw why;
  return found;
}
