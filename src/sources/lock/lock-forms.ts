import type { DebianOrigin, GitOrigin, SvnOrigin, UrlOrigin } from '../origin.ts';

/** A lockfile may not say anything else where these are asked for. */
export const forms = {
  sha256: /^[0-9a-f]{64}$/,
  commit: /^[0-9a-f]{40}([0-9a-f]{24})?$/,
  /** It becomes part of addresses and of names in folders: not absolute, nowhere "." or "..". */
  file: /^(?!\/)(?!.*(^|\/)\.{1,2}(\/|$))[^\0]+$/,
  url: /^https?:/,
  /** What the other kinds of origin are written as. */
  versioned: /.@./,
};

export const lockedKinds = ['debian', 'url', 'git', 'svn'] as const;
export type LockedKind = (typeof lockedKinds)[number];

/** The origin from its text: what `originKey` looks at. The rest of it is the recipe's to say. */
export function originOf(
  kind: LockedKind,
  text: string,
  suite: string | undefined,
): DebianOrigin | UrlOrigin | GitOrigin | SvnOrigin {
  const at = text.lastIndexOf('@');
  const [before, after] = [text.slice(0, at), text.slice(at + 1)];
  switch (kind) {
    case 'debian':
      return { kind, package: before, version: after, ...(suite === undefined ? {} : { suite }) };
    case 'url':
      return { kind, url: text, mirrors: [], unpack: true };
    case 'git':
      return { kind, repository: before, revision: after };
    case 'svn':
      return { kind, repository: before, revision: Number(after) };
  }
}
