import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { ArchiveEntry } from './pack-archive.ts';

/**
 * A folder and all in it as entries, each folder before its content, names in the order of UTF-16 code units.
 * @param top what the folder is called in the archive
 */
export function folderEntries(folder: string, top: string): ArchiveEntry[] {
  const entries: ArchiveEntry[] = [{ type: 'folder', name: top }];
  for (const name of readdirSync(folder).sort()) {
    const path = join(folder, name);
    const inside = `${top}/${name}`;
    const stat = lstatSync(path);
    if (stat.isDirectory()) entries.push(...folderEntries(path, inside));
    else if (stat.isSymbolicLink()) entries.push({ type: 'link', name: inside, target: readlinkSync(path) });
    else if (stat.isFile())
      entries.push({ type: 'file', name: inside, executable: (stat.mode & 0o111) !== 0, content: path });
    else throw new Error(`${path} is neither a file, a folder nor a link`);
  }
  return entries;
}
