import { createReadStream, lstatSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { pack } from 'tar-stream';
import { walk, type EntryKind } from './links.ts';
import { isExecutable } from './tree-digest.ts';

/** Of every entry: checkouts have no times of their own, and tools that zip refuse what is before 1980. */
const time = new Date(946_684_800_000);

/**
 * A folder as a tar archive whose bytes depend on what `treeDigest` digests and on nothing else. It has one top folder,
 * "tree", so that `unpackArchive` gives the folder back.
 */
export function archiveTree(folder: string): Readable {
  const entries: [string, EntryKind][] = [];
  walk(folder, '', (path, kind) => entries.push([path, kind]));
  const archive = pack();
  const add = async (): Promise<void> => {
    archive.entry({ name: 'tree', type: 'directory', mode: 0o755, mtime: time });
    for (const [path, kind] of entries) await addEntry(path, kind);
    archive.finalize();
  };
  const addEntry = async (path: string, kind: EntryKind): Promise<void> => {
    const whole = join(folder, path);
    const name = `tree/${path}`;
    if (kind === 'folder') archive.entry({ name, type: 'directory', mode: 0o755, mtime: time });
    else if (kind === 'link') {
      archive.entry({ name, type: 'symlink', linkname: readlinkSync(whole), mode: 0o777, mtime: time });
    } else {
      const mode = isExecutable(whole) ? 0o755 : 0o644;
      await new Promise<void>((resolve, reject) => {
        const sink = archive.entry(
          { name, type: 'file', size: lstatSync(whole).size, mode, mtime: time },
          (error) => (error == null ? resolve() : reject(error)),
        );
        const source = createReadStream(whole).once('error', reject);
        source.pipe(sink);
      });
    }
  };
  add().catch((error: unknown) => archive.destroy(error as Error));
  return archive as unknown as Readable;
}
