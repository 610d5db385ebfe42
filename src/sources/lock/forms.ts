import type { Sha256 } from '../../base/index.ts';
import type { LockedFile, LockedOrigin } from '../locked.ts';

/** A lockfile may not say anything else where these are asked for. */
export const forms = {
  sha256: /^[0-9a-f]{64}$/,
  commit: /^[0-9a-f]{40}([0-9a-f]{24})?$/,
  /** It becomes part of addresses and of names in folders: not absolute, nowhere "." or "..". */
  file: /^(?!\/)(?!.*(^|\/)\.{1,2}(\/|$))[^\0]+$/,
  url: /^https?:/,
  /** ISO 8601 in UTC, to the second. */
  date: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/,
  /** What the other kinds of origin are written as. */
  versioned: /.@./,
};

export const lockedKinds = ['debian', 'url', 'git', 'svn'] as const;
export type LockedKind = (typeof lockedKinds)[number];

/** What a lockfile says of an origin beside its text. */
interface Pinned {
  readonly suite: string | undefined;
  readonly at: string | undefined;
  readonly commit: string | undefined;
  readonly tree: Sha256 | undefined;
  readonly files: readonly LockedFile[];
}

/** The origin from its text, with what is pinned of it. Mirrors and the parts wanted are the recipe's to say. */
export function lockedOrigin(
  kind: LockedKind,
  text: string,
  { suite, at, commit, tree, files }: Pinned,
): LockedOrigin | undefined {
  const cut = text.lastIndexOf('@');
  const [before, after] = [text.slice(0, cut), text.slice(cut + 1)];
  const [file] = files;
  if (file === undefined) return undefined;
  switch (kind) {
    case 'debian': {
      const origin = { kind, package: before, version: after, ...(suite === undefined ? {} : { suite }) };
      return { kind, origin, files, ...(at === undefined ? {} : { at }) };
    }
    case 'url':
      return { kind, origin: { kind, url: text, mirrors: [], unpack: true }, files: [file] };
    case 'git': {
      if (commit === undefined || tree === undefined) return undefined;
      return { kind, origin: { kind, repository: before, revision: after }, commit, tree, files: [file] };
    }
    case 'svn': {
      if (tree === undefined) return undefined;
      return { kind, origin: { kind, repository: before, revision: Number(after) }, tree, files: [file] };
    }
  }
}
