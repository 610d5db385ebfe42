export type Compression = 'none' | 'gzip' | 'xz' | 'bzip2' | 'zstd';

const endings: readonly (readonly [RegExp, Compression])[] = [
  [/\.tar$/i, 'none'],
  [/\.(tar\.gz|tgz)$/i, 'gzip'],
  [/\.(tar\.xz|txz)$/i, 'xz'],
  [/\.(tar\.bz2|tbz2?)$/i, 'bzip2'],
  [/\.(tar\.zst|tzst)$/i, 'zstd'],
];

/** How the tar archive of that name is compressed; undefined when the name is not one of a tar archive. */
export function archiveKind(name: string): Compression | undefined {
  return endings.find(([ending]) => ending.test(name))?.[1];
}
