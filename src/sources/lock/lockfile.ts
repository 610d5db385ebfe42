import type { LockedBuildroot, LockedOrigin } from '../locked.ts';
import { originKey, originText, type Origin } from '../origin.ts';

export const lockVersion = 1;

/** The lockfile: what every source and every buildroot's packages are, byte for byte. */
export interface Lockfile {
  /** "RECIPE.SOURCE" → its origins; none of them is local. */
  readonly sources: ReadonlyMap<string, readonly LockedOrigin[]>;
  readonly buildroots: ReadonlyMap<string, LockedBuildroot>;
}

export const emptyLock: Lockfile = { sources: new Map(), buildroots: new Map() };

/**
 * Looks up what is pinned of an origin; undefined when it is not locked as it is now declared. The origin found is the
 * one declared, with the mirrors and the parts wanted that the lockfile does not know.
 * @param source "RECIPE.SOURCE"
 */
export function lookUpOrigin(lock: Lockfile, source: string, origin: Origin): LockedOrigin | undefined {
  const key = originKey(origin);
  const entry = lock.sources.get(source)?.find((one) => originKey(one.origin) === key);
  // The same key means the same kind.
  return entry && ({ ...entry, origin } as LockedOrigin);
}

/** Looks up a buildroot's packages; undefined when they are not locked for this suite and these packages. */
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

/** Names the origins that are locked of a source, to tell one that was never locked from one that has changed since. */
export function lockedInstead(lock: Lockfile, source: string): string[] {
  return originsOf(lock, source).map(({ origin }) => originText(origin));
}

/** Lists every origin that is locked of a source. */
export function originsOf(lock: Lockfile, source: string): readonly LockedOrigin[] {
  return lock.sources.get(source) ?? [];
}
