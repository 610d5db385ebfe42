import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../base/index.ts';

/** As the kernel has it (path_resolution(7)). */
const mostLinks = 40;

/**
 * Refuses a tree that holds a symbolic link which, followed through every other link on its way, leaves the tree, or
 * something that is neither file, folder nor link. A link to nothing inside the tree is fine.
 * @throws Failure 'hostile-tree'
 */
export function checkLinks(root: string, keep: Keep = all): void {
  walk(
    root,
    '',
    (path, kind) => {
      if (kind === 'link') checkLink(root, path);
    },
    keep,
  );
}

export type EntryKind = 'file' | 'folder' | 'link';

/** Is an entry, by its path below the root, to be seen? A folder that is not hides all that it holds. */
export type Keep = (path: string) => boolean;

const all: Keep = () => true;

/** Visits what a folder holds, each folder before its content, in the order of UTF-16 code units. */
export function walk(
  root: string,
  below: string,
  visit: (path: string, kind: EntryKind) => void,
  keep: Keep = all,
): void {
  const entries = readdirSync(join(root, below), { withFileTypes: true });
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const entry of entries) {
    const path = below === '' ? entry.name : `${below}/${entry.name}`;
    if (!keep(path)) continue;
    if (entry.isSymbolicLink()) visit(path, 'link');
    else if (entry.isFile()) visit(path, 'file');
    else if (entry.isDirectory()) {
      visit(path, 'folder');
      walk(root, path, visit, keep);
    } else throw new Failure('hostile-tree', `${path} is neither a file, a folder nor a link`);
  }
}

function checkLink(root: string, path: string): void {
  const target = readlinkSync(join(root, path));
  const pending = path.split('/');
  const reached: string[] = [];
  for (let followed = 0; pending.length > 0;) {
    const part = pending.shift() ?? '';
    if (part === '' || part === '.') continue;
    if (part === '..') {
      if (reached.pop() === undefined) throw leaves(path, target);
      continue;
    }
    reached.push(part);
    const here = join(root, ...reached);
    if (lstatSync(here, { throwIfNoEntry: false })?.isSymbolicLink() !== true) continue;
    if (++followed > mostLinks)
      throw new Failure('hostile-tree', `the link ${path} is part of a circle of links`);
    const next = readlinkSync(here);
    if (next.startsWith('/')) throw leaves(path, target);
    reached.pop();
    pending.unshift(...next.split('/'));
  }
}

function leaves(path: string, target: string): Failure {
  return new Failure('hostile-tree', `the link ${path} points outside of the tree, to ${target}`);
}
