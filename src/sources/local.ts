import { copyFileSync, lstatSync, mkdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { basename, isAbsolute, join, normalize } from 'node:path';
import { Failure } from '../base/index.ts';
import { walk } from './links.ts';
import type { LockedOrigin } from './locked.ts';
import type { LocalOrigin } from './origin.ts';
import { fileTreeDigest, treeDigest } from './tree-digest.ts';

type LockedLocal = Extract<LockedOrigin, { kind: 'local' }>;

/** The file or folder of the project as it is now. Synchronous: it is on the path of a no-op run. */
export function lockLocal(origin: LocalOrigin, root: string): LockedLocal {
  const path = localPath(origin, root);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new Failure('no-local-source', `the project has no ${origin.path}`);
  if (stat.isDirectory()) return { kind: 'local', origin, tree: treeDigest(path) };
  if (stat.isFile()) return { kind: 'local', origin, tree: fileTreeDigest(path, basename(path)) };
  throw new Failure('no-local-source', `${origin.path} is neither a file nor a folder`);
}

/**
 * Copies it into an empty folder; a single file keeps its name.
 * @throws Failure 'source-changing' when it is no longer what it was
 */
export function copyLocal(locked: LockedLocal, root: string, folder: string): void {
  const path = localPath(locked.origin, root);
  if (lstatSync(path).isFile()) copyFileSync(path, join(folder, basename(path)));
  else {
    walk(path, '', (below, kind) => {
      if (kind === 'folder') mkdirSync(join(folder, below));
      else if (kind === 'link') symlinkSync(readlinkSync(join(path, below)), join(folder, below));
      else copyFileSync(join(path, below), join(folder, below));
    });
  }
  if (treeDigest(folder) !== locked.tree) {
    throw new Failure('source-changing', `${locked.origin.path} changed while it was read`, {
      temporary: true,
    });
  }
}

function localPath(origin: LocalOrigin, root: string): string {
  const path = normalize(origin.path);
  if (isAbsolute(path) || path === '..' || path.startsWith('../')) {
    throw new Failure('no-local-source', `${origin.path} is outside of the project`);
  }
  return join(root, path);
}
