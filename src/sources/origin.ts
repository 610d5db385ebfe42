/** What every kind of origin may say. */
interface AnyOrigin {
  /** The folders and files of it that are wanted, relative, sorted; absent: all. */
  readonly only?: readonly string[];
  /** What else a user can do where it cannot be had: the end of a hint, after "or ". */
  readonly instead?: string;
}

/** One origin of a source, as a recipe declares it. Everything but `local` is pinned by the lockfile. */
export type Origin = DebianOrigin | UrlOrigin | GitOrigin | SvnOrigin | LocalOrigin;

/** A signed Debian source package; a version without a Debian revision means the upstream tarball alone, whatever revision carries it now. */
export interface DebianOrigin extends AnyOrigin {
  readonly kind: 'debian';
  readonly package: string;
  readonly version: string;
  /** Absent: the suites that the host's own apt follows. */
  readonly suite?: string;
}

/** A file or an archive; `unpack` false leaves an archive as the file it is. */
export interface UrlOrigin extends AnyOrigin {
  readonly kind: 'url';
  readonly url: string;
  readonly mirrors: readonly string[];
  readonly unpack: boolean;
}

/** A commit, tag or branch; the lockfile pins the commit. */
export interface GitOrigin extends AnyOrigin {
  readonly kind: 'git';
  readonly repository: string;
  readonly revision: string;
}

export interface SvnOrigin extends AnyOrigin {
  readonly kind: 'svn';
  readonly repository: string;
  readonly revision: number;
}

/** A file or folder of the project, relative to its root; pinned by its own history. */
export interface LocalOrigin extends AnyOrigin {
  readonly kind: 'local';
  readonly path: string;
  /** The user's own folder, absolute, in place of what the recipe declares: `path` is "." then. */
  readonly folder?: string;
}

/** The origin as recipes and the lockfile write it: the value after `debian:`, `url:` and so on. */
export function originText(origin: Origin): string {
  switch (origin.kind) {
    case 'debian':
      return `${origin.package}@${origin.version}`;
    case 'url':
      return origin.url;
    case 'git':
    case 'svn':
      return `${origin.repository}@${origin.revision}`;
    case 'local':
      return origin.folder ?? origin.path;
  }
}

/** What an origin is known by: the same key means the same lock entry. `only`, mirrors and `unpack` do not change what is fetched. */
export function originKey(origin: Origin): string {
  const suite = origin.kind === 'debian' && origin.suite !== undefined ? ` (${origin.suite})` : '';
  return `${origin.kind}: ${originText(origin)}${suite}`;
}
