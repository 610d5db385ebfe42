import { canonicalJson, sha256, type Json, type Sha256 } from '../base/index.ts';
import { archiveKind } from '../archive/archive-name.ts';
import { hasDebianRevision } from './apt/debian-version.ts';
import type { DebianOrigin, GitOrigin, LocalOrigin, SvnOrigin, UrlOrigin } from './origin.ts';

/** A file from outside, pinned. */
export interface LockedFile {
  /** Its name; for Debian its path below the archive's root, which is the same on every mirror. */
  readonly file: string;
  /** In bytes. */
  readonly size: number;
  readonly sha256: Sha256;
  /** When it was pinned, where that was not with the rest of its entry; ISO 8601 in UTC. */
  readonly at?: string;
}

/** What a source is, byte for byte: one of its origins, or the packages of a buildroot. */
export type Pinned = LockedOrigin | LockedBuildroot;

/** An origin with what the lockfile says of it. Of `local` the tree's digest as it is now. */
export type LockedOrigin =
  | {
      readonly kind: 'debian';
      readonly origin: DebianOrigin;
      readonly files: readonly LockedFile[];
      /** When it was pinned: the date to ask a snapshot archive for; ISO 8601 in UTC. */
      readonly at?: string;
    }
  | { readonly kind: 'url'; readonly origin: UrlOrigin; readonly files: readonly [LockedFile] }
  | {
      readonly kind: 'git';
      readonly origin: GitOrigin;
      readonly commit: string;
      readonly tree: Sha256;
      readonly files: readonly [LockedFile];
    }
  | {
      readonly kind: 'svn';
      readonly origin: SvnOrigin;
      readonly tree: Sha256;
      readonly files: readonly [LockedFile];
    }
  | { readonly kind: 'local'; readonly origin: LocalOrigin; readonly tree: Sha256 };

/** A .deb of a buildroot. */
export interface LockedPackage extends LockedFile {
  readonly name: string;
  readonly version: string;
}

export interface LockedBuildroot {
  readonly kind: 'packages';
  readonly suite: string;
  readonly architecture: string;
  /** As asked for, in order. */
  readonly requested: readonly string[];
  /** When it was pinned: the date to ask a snapshot archive for; ISO 8601 in UTC. */
  readonly at?: string;
  /** All that is needed, sorted by name. */
  readonly packages: readonly LockedPackage[];
}

/** The part of a path after its last slash. */
export function fileName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Raised when the same bytes come to unpack to another tree. */
const treeVersion = 1;

/**
 * The digest of all that determines the tree a step sees; no I/O. Where the bytes came from is not in it: the upstream
 * tarball of an archive and the same one from its home page are the same source.
 */
export function sourceDigest(pinned: Pinned): Sha256 {
  if (pinned.kind === 'packages') {
    const { architecture, packages } = pinned;
    return sha256(canonicalJson({ packages: treeVersion, architecture, files: digests(packages) }));
  }
  // Of a local tree only what is wanted is digested.
  const only = pinned.kind === 'local' ? undefined : pinned.origin.only;
  return sha256(
    canonicalJson({ tree: treeVersion, ...treeRecipe(pinned), ...(only === undefined ? {} : { only }) }),
  );
}

function treeRecipe(locked: LockedOrigin): { readonly [key: string]: Json } {
  switch (locked.kind) {
    case 'debian':
      return hasDebianRevision(locked.origin.version)
        ? { kind: 'debian', files: digests(locked.files) }
        : { kind: 'archives', files: digests(locked.files) };
    case 'url':
      return locked.origin.unpack && archiveKind(locked.files[0].file) !== undefined
        ? { kind: 'archives', files: digests(locked.files) }
        : { kind: 'file', name: locked.files[0].file, sha256: locked.files[0].sha256 };
    case 'git':
    case 'svn':
    case 'local':
      return { kind: 'content', sha256: locked.tree };
  }
}

function digests(files: readonly LockedFile[]): string[] {
  return files.map((file) => file.sha256).sort();
}

/** Lists the files that are fetched for it; none of a local one. */
export function filesOf(pinned: Pinned): readonly LockedFile[] {
  if (pinned.kind === 'local') return [];
  return pinned.kind === 'packages' ? pinned.packages : pinned.files;
}
