/** One origin of a source, as a recipe declares it. Everything but `local` is pinned by the lockfile. */
export type Origin = DebianOrigin | UrlOrigin | GitOrigin | SvnOrigin | LocalOrigin;

/** A signed Debian source package; a version without a Debian revision means the upstream tarball alone, whatever revision carries it now. */
export interface DebianOrigin {
  readonly kind: 'debian';
  readonly package: string;
  readonly version: string;
  /** Absent: the suites that the host's own apt follows. */
  readonly suite?: string;
}

/** A file or an archive; `unpack` false leaves an archive as the file it is. */
export interface UrlOrigin {
  readonly kind: 'url';
  readonly url: string;
  readonly mirrors: readonly string[];
  readonly unpack: boolean;
}

/** A commit, tag or branch; the lockfile pins the commit. */
export interface GitOrigin {
  readonly kind: 'git';
  readonly repository: string;
  readonly revision: string;
}

export interface SvnOrigin {
  readonly kind: 'svn';
  readonly repository: string;
  readonly revision: number;
}

/** A file or folder of the project, relative to its root; pinned by its own history. */
export interface LocalOrigin {
  readonly kind: 'local';
  readonly path: string;
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
      return origin.path;
  }
}

/** What an origin is known by: the same key means the same lock entry. Mirrors and `unpack` do not change the bytes. */
export function originKey(origin: Origin): string {
  const suite = origin.kind === 'debian' && origin.suite !== undefined ? ` (${origin.suite})` : '';
  return `${origin.kind}: ${originText(origin)}${suite}`;
}
