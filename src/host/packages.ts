/** A program that cidermill starts, the Debian package that has it, and what it is for. */
export interface HostTool {
  readonly tool: string;
  readonly debian: string;
  readonly purpose: string;
}

/** Everything a run may start on the host; `doctor` lists them, recipes' `host:` lists and source kinds ask for them. */
export const hostTools: readonly HostTool[] = [
  { tool: 'flock', debian: 'util-linux', purpose: 'locks in the store' },
  { tool: 'tar', debian: 'tar', purpose: 'unpacks buildroots' },
  { tool: 'bwrap', debian: 'bubblewrap', purpose: 'runs steps inside their buildroot' },
  { tool: 'mmdebstrap', debian: 'mmdebstrap', purpose: 'makes buildroots without root' },
  { tool: 'newuidmap', debian: 'uidmap', purpose: 'lets mmdebstrap work for an ordinary user' },
  { tool: 'fakechroot', debian: 'fakechroot', purpose: 'lets mmdebstrap work in `unshare -rn`' },
  { tool: 'apt-get', debian: 'apt', purpose: 'fetches Debian packages and their sources' },
  { tool: 'dpkg-deb', debian: 'dpkg', purpose: 'reads Debian packages' },
  { tool: 'dpkg-source', debian: 'dpkg-dev', purpose: 'unpacks Debian source packages with their patches' },
  { tool: 'xz', debian: 'xz-utils', purpose: 'unpacks .tar.xz sources' },
  { tool: 'bzip2', debian: 'bzip2', purpose: 'unpacks .tar.bz2 sources' },
  { tool: 'zstd', debian: 'zstd', purpose: 'unpacks .tar.zst sources' },
  { tool: 'git', debian: 'git', purpose: 'fetches sources from git' },
  { tool: 'svn', debian: 'subversion', purpose: 'fetches sources from Subversion' },
];

/** The Debian package that has a program; its own name where the table does not know it. */
export function packageOf(tool: string): string {
  return hostTools.find((entry) => entry.tool === tool)?.debian ?? tool;
}
