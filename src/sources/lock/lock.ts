import type { LockedBuildroot, LockedFile, LockedOrigin } from '../locked.ts';
import { originKey, originText, type Origin } from '../origin.ts';
import type { Sha256 } from '../../base/index.ts';

export const lockVersion = 1;

/** What the lockfile says of one origin of a source. */
export interface LockEntry {
  readonly origin: Origin;
  readonly files: readonly LockedFile[];
  /** Of git. */
  readonly commit?: string;
  /** Of git and svn: digest of the exported tree. */
  readonly tree?: Sha256;
}

/** The lockfile. */
export interface Lockfile {
  /** "RECIPE.SOURCE" → one entry an origin. */
  readonly sources: ReadonlyMap<string, readonly LockEntry[]>;
  readonly buildroots: ReadonlyMap<string, LockedBuildroot>;
}

export const emptyLock: Lockfile = { sources: new Map(), buildroots: new Map() };

/**
 * The origin with what the lock says of it; undefined when it is not locked as it is now declared.
 * @param source "RECIPE.SOURCE"
 */
export function lookUpOrigin(
  lock: Lockfile,
  source: string,
  origin: Exclude<Origin, { kind: 'local' }>,
): LockedOrigin | undefined {
  const key = originKey(origin);
  const entry = lock.sources.get(source)?.find((one) => originKey(one.origin) === key);
  return entry === undefined ? undefined : lockedOrigin(origin, entry);
}

/** The buildroot's packages; undefined when they are not locked for this suite and these packages. */
export function lookUpBuildroot(
  lock: Lockfile,
  name: string,
  wish: { readonly suite: string; readonly packages: readonly string[] },
): LockedBuildroot | undefined {
  const locked = lock.buildroots.get(name);
  const same =
    locked !== undefined &&
    locked.suite === wish.suite &&
    [...locked.requested].sort().join(' ') === [...new Set(wish.packages)].sort().join(' ');
  return same ? locked : undefined;
}

/** What the lock holds instead, to tell a source that was never locked from one that has changed since. */
export function lockedInstead(lock: Lockfile, source: string): string[] {
  return (lock.sources.get(source) ?? []).map((entry) => originText(entry.origin));
}

/** Every origin that is locked of a source. */
export function originsOf(lock: Lockfile, source: string): LockedOrigin[] {
  return (lock.sources.get(source) ?? []).flatMap((entry) => {
    const { origin } = entry;
    return origin.kind === 'local' ? [] : (lockedOrigin(origin, entry) ?? []);
  });
}

function lockedOrigin(
  origin: Exclude<Origin, { kind: 'local' }>,
  entry: LockEntry,
): LockedOrigin | undefined {
  const { files, commit, tree } = entry;
  const [file] = files;
  if (file === undefined) return undefined;
  switch (origin.kind) {
    case 'debian':
      return { kind: 'debian', origin, files };
    case 'url':
      return { kind: 'url', origin, files: [file] };
    case 'git':
      return commit === undefined || tree === undefined
        ? undefined
        : { kind: 'git', origin, commit, tree, files: [file] };
    case 'svn':
      return tree === undefined ? undefined : { kind: 'svn', origin, tree, files: [file] };
  }
}
