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
}

/** An origin with what the lockfile says of it. Of `local` the tree's digest as it is now. */
export type LockedOrigin =
  | { readonly kind: 'debian'; readonly origin: DebianOrigin; readonly files: readonly LockedFile[] }
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
  readonly suite: string;
  readonly architecture: string;
  /** As asked for, in order. */
  readonly requested: readonly string[];
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
 * Digest of all that determines the tree a step sees; no I/O. Where the bytes came from is not in it: the upstream
 * tarball of an archive and the same one from its home page are the same source.
 */
export function sourceDigest(locked: LockedOrigin): Sha256 {
  // Of a local tree only what is wanted is digested.
  const only = locked.kind === 'local' ? undefined : locked.origin.only;
  return sha256(
    canonicalJson({ tree: treeVersion, ...treeRecipe(locked), ...(only === undefined ? {} : { only }) }),
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

/** Digest of all that determines a buildroot's packages; no I/O. */
export function packagesDigest(locked: LockedBuildroot): Sha256 {
  return sha256(
    canonicalJson({
      packages: treeVersion,
      architecture: locked.architecture,
      files: locked.packages.map((one) => one.sha256).sort(),
    }),
  );
}
