import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Bubblewrap's options that make room in a root's folders, and those that end it once files are there. */
export interface Room {
  readonly begin: readonly string[];
  readonly end: readonly string[];
}

/**
 * A root's folders are read-only, so that nothing can be mounted where it has nothing. A folder that is to have more gets a
 * mount of its own, with all that is in it.
 * @param root the unpacked buildroot
 * @param paths absolute, inside the sandbox, of files that are to be mounted
 */
export function roomInRoot(root: string, paths: readonly string[]): Room {
  const folders = new Set(paths.flatMap((path) => lackingIn(root, path) ?? []));
  const begin = [...folders].flatMap((folder) => [
    ...['--tmpfs', folder],
    ...readdirSync(join(root, folder)).flatMap((name) => {
      const [from, to] = [join(root, folder, name), join(folder, name)];
      return lstatSync(from).isSymbolicLink()
        ? ['--symlink', readlinkSync(from), to]
        : ['--ro-bind', from, to];
    }),
  ]);
  return { begin, end: [...folders].flatMap((folder) => ['--remount-ro', folder]) };
}

/** The deepest folder of the root on the way to a path that is not there; undefined where it is, or none of its folders. */
function lackingIn(root: string, path: string): string | undefined {
  if (isThere(join(root, path))) return undefined;
  for (let folder = dirname(path); folder !== '/'; folder = dirname(folder))
    if (isThere(join(root, folder))) return folder;
  return undefined;
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
