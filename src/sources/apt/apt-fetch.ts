import { statSync } from 'node:fs';
import { join } from 'node:path';
import { hasBlob, partialPath, removeFolder } from '../../store/index.ts';
import type { SourceContext } from '../context.ts';
import type { LockedFile } from '../locked.ts';
import { aptHost } from './archives/apt-host.ts';
import { writeAptSettings } from './apt-state.ts';
import { partOfFile, partOfRoot } from './archives/archive.ts';
import { knownArchives, type KnownArchives } from './archives/known-archives.ts';
import { askArchive, hasAptHelper, localName, type AptFolder } from './ask-archive.ts';
import type { Asked, Misses } from './misses.ts';
import { atDate, datesToAsk } from './archives/snapshots.ts';

const progressInterval = 250;

/** One archive, and the address of each file that it is asked for. */
interface Round {
  readonly root: string;
  readonly address: (file: LockedFile) => string | undefined;
}

/**
 * Fetches files of Debian's archive into the store by their digests: from the first of the known mirrors that has each,
 * then from snapshot archives at the date the file was pinned. Needs no package lists and no keys.
 * @param pinned the date the files were pinned, of those that have none of their own
 */
export async function fetchFromArchive(
  files: readonly LockedFile[],
  what: string,
  pinned: string | undefined,
  context: SourceContext,
): Promise<Misses> {
  let missing = files.filter((file) => !hasBlob(context.store, file.sha256, file.size));
  const known = await knownArchives(context.mirrors);
  if (missing.length === 0) return { files: [], asked: [], known };
  const apt = await aptFolder(context);
  const total = missing.reduce((sum, file) => sum + file.size, 0);
  const wanted = missing;
  const progress = (): void => context.onProgress?.({ what, done: sizeSoFar(wanted, apt, context), total });
  const timer = setInterval(progress, progressInterval);
  const asked: Asked[] = [];
  try {
    progress();
    for (const { root, address } of roundsOf(known, pinned)) {
      const requests = missing.flatMap((file) => {
        const one = address(file);
        return one === undefined ? [] : [{ file, address: one }];
      });
      if (requests.length === 0) continue;
      asked.push(...(await askArchive(root, requests, apt, context)));
      missing = missing.filter((file) => !hasBlob(context.store, file.sha256, file.size));
    }
    progress();
  } finally {
    clearInterval(timer);
    if (apt !== undefined) await removeFolder(apt.folder);
  }
  return { files: missing, asked, known };
}

/** Lists the addresses at which a file may be had, in the order in which they are asked. */
export function addressesOf(
  file: LockedFile,
  known: KnownArchives,
  pinned: string | undefined,
): { readonly root: string; readonly address: string }[] {
  return roundsOf(known, pinned).flatMap(({ root, address }) => {
    const one = address(file);
    return one === undefined ? [] : [{ root, address: one }];
  });
}

/** The mirrors for the files of their part, then for the others, which a mirror of both has; last the snapshots. */
function roundsOf({ mirrors, snapshots }: KnownArchives, pinned: string | undefined): Round[] {
  const round = (root: string, path: (file: string, isOwn: boolean) => string | undefined): Round => ({
    root,
    address: ({ file }) => {
      const below = path(file, partOfRoot(root) === partOfFile(file));
      return below === undefined ? undefined : root + escapePath(below);
    },
  });
  return [
    ...mirrors.map(({ root }) => round(root, (file, isOwn) => (isOwn ? file : undefined))),
    ...mirrors.map(({ root }) => round(root, (file, isOwn) => (isOwn ? undefined : file))),
    // A point release takes the security archive's files as they are into the main one.
    ...mirrors.map(({ root }) =>
      round(root, (file, isOwn) =>
        partOfFile(file) === 'security' && !isOwn ? file.replace('pool/updates/', 'pool/') : undefined,
      ),
    ),
    ...snapshots.flatMap(({ root }) => [0, 1].map((which) => snapshotRound(root, which, pinned))),
  ];
}

/** @param which of the dates that are asked; a file that was pinned by itself has dates of its own */
function snapshotRound(root: string, which: number, pinned: string | undefined): Round {
  return {
    root,
    address: ({ file, at = pinned }) => {
      if (at === undefined || partOfRoot(root) !== partOfFile(file)) return undefined;
      const date = datesToAsk(at)[which];
      return date === undefined ? undefined : atDate(root, date) + escapePath(file);
    },
  };
}

async function aptFolder({ store }: SourceContext): Promise<AptFolder | undefined> {
  if (!hasAptHelper()) return undefined;
  return writeAptSettings(store, (await aptHost()).architecture);
}

/** Bytes of these files that are in the store or on their way. */
function sizeSoFar(
  files: readonly LockedFile[],
  apt: AptFolder | undefined,
  { store }: SourceContext,
): number {
  return files.reduce((sum, file) => {
    if (hasBlob(store, file.sha256, file.size)) return sum + file.size;
    const path = apt === undefined ? partialPath(store, file.sha256) : join(apt.folder, localName(file));
    return sum + Math.min(file.size, statSync(path, { throwIfNoEntry: false })?.size ?? 0);
  }, 0);
}

/** As apt writes it: "+" and ":" are escaped too, some mirrors insist. */
function escapePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}
