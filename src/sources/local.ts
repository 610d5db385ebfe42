import { copyFileSync, lstatSync, mkdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { basename, isAbsolute, join, normalize } from 'node:path';
import { Failure } from '../base/index.ts';
import { walk, type EntryKind, type Keep } from '../archive/links.ts';
import type { LockedOrigin } from './locked.ts';
import { keepOnly } from '../archive/only.ts';
import { originText, type LocalOrigin } from './origin.ts';
import { fileTreeDigest, treeDigest } from '../archive/tree-digest.ts';

type LockedLocal = Extract<LockedOrigin, { kind: 'local' }>;

/** The file or folder of the project as it is now. Synchronous: it is on the path of a no-op run. */
export function lockLocal(origin: LocalOrigin, root: string): LockedLocal {
  const path = localPath(origin, root);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new Failure('no-file', `there is no ${origin.folder ?? origin.path}`);
  if (stat.isDirectory()) return { kind: 'local', origin, tree: treeDigest(path, wanted(origin)) };
  if (stat.isFile()) return { kind: 'local', origin, tree: fileTreeDigest(path, basename(path)) };
  throw new Failure('no-file', `${origin.path} is neither a file nor a folder`);
}

/**
 * Copies it into an empty folder; a single file keeps its name.
 * @throws Failure 'source-changing' when it is no longer what it was
 */
export function copyLocal(locked: LockedLocal, root: string, folder: string): void {
  const path = localPath(locked.origin, root);
  if (lstatSync(path).isFile()) copyFileSync(path, join(folder, basename(path)));
  else {
    const copy = (below: string, kind: EntryKind): void => {
      if (kind === 'folder') mkdirSync(join(folder, below));
      else if (kind === 'link') symlinkSync(readlinkSync(join(path, below)), join(folder, below));
      else copyFileSync(join(path, below), join(folder, below));
    };
    walk(path, '', copy, wanted(locked.origin));
  }
  if (treeDigest(folder) !== locked.tree) {
    throw new Failure('source-changing', `${originText(locked.origin)} changed while it was read`, {
      temporary: true,
    });
  }
}

/** Of a user's checkout the tree is the source, and not its history. */
function wanted({ folder, only }: LocalOrigin): Keep | undefined {
  const keep = keepOnly(only);
  if (folder === undefined) return keep;
  return (path) => path !== '.git' && path !== '.svn' && (keep?.(path) ?? true);
}

function localPath(origin: LocalOrigin, root: string): string {
  if (origin.folder !== undefined) return origin.folder;
  const path = normalize(origin.path);
  if (isAbsolute(path) || path === '..' || path.startsWith('../')) {
    throw new Failure('no-file', `${origin.path} is outside of the project`);
  }
  return join(root, path);
}
