import type { Stats } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { openFile } from '../../image/index.ts';
import type { Side, SideEntry } from './side.ts';

/** A folder of this host: a product, an unpacked toolchain, any other. Extended attributes are not known. */
export async function folderSide(root: string): Promise<Side> {
  const entries = new Map<string, SideEntry>();
  const open = [''];
  for (let folder = open.pop(); folder !== undefined; folder = open.pop()) {
    const prefix = folder;
    const names = await readdir(join(root, prefix));
    await Promise.all(
      names.map(async (name) => {
        const path = `${prefix}/${name}`;
        const entry = await entryOf(join(root, path));
        entries.set(path, entry);
        if (entry.kind === 'folder') open.push(path);
      }),
    );
  }
  return { what: 'folder', entries };
}

async function entryOf(path: string): Promise<SideEntry> {
  const stat = await lstat(path);
  const known = {
    mode: stat.mode & 0o7777,
    owner: stat.uid,
    group: stat.gid,
    modified: Math.floor(stat.mtimeMs / 1000),
  };
  if (stat.isDirectory()) return { kind: 'folder', ...known };
  // A link's own mode and date say nothing.
  if (stat.isSymbolicLink())
    return { kind: 'link', owner: stat.uid, group: stat.gid, target: await readlink(path) };
  return stat.isFile()
    ? { kind: 'file', ...known, content: fileContent(path, stat) }
    : { kind: 'device', ...known };
}

export function fileContent(path: string, { size, dev, ino }: Stats): NonNullable<SideEntry['content']> {
  return { kind: 'bytes', size, place: `${dev}:${ino}`, file: path, open: () => openFile(path) };
}
