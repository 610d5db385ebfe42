import type { Readable } from 'node:stream';
import { folderEntries, packArchive } from './index.ts';

/** Of every entry: checkouts have no times of their own, and tools that zip refuse what is before 1980. */
const time = new Date(946_684_800_000);

/**
 * A folder as a tar archive whose bytes depend on what `treeDigest` digests and on nothing else. It has one top folder,
 * "tree", so that `unpackArchive` gives the folder back.
 */
export function archiveTree(folder: string): Readable {
  return packArchive(folderEntries(folder, 'tree'), time);
}
