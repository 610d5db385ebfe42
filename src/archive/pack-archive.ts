import { createReadStream, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';

/** What an archive has of an entry: names with "/", no owner, no time of its own, no mode but "executable". */
export type ArchiveEntry =
  | { readonly type: 'folder'; readonly name: string }
  | { readonly type: 'link'; readonly name: string; readonly target: string }
  | {
      readonly type: 'file';
      readonly name: string;
      readonly executable?: boolean;
      /** Bytes, or the path of the file that has them. */
      readonly content: Uint8Array | string;
    };

/** 1980-01-01, the first day every archive format can hold. */
const firstDay = new Date(315_532_800_000);

/**
 * A tar archive (ustar, pax where a name is long) whose bytes depend on the entries, their order and `time` alone.
 * Errors are the stream's.
 */
export function packArchive(entries: Iterable<ArchiveEntry>, time: Date = firstDay): Readable {
  const archive = pack();
  const add = async (): Promise<void> => {
    for (const entry of entries) await addEntry(entry);
    archive.finalize();
  };
  const addEntry = async (entry: ArchiveEntry): Promise<void> => {
    const { name, type } = entry;
    if (type === 'folder') archive.entry({ name, type: 'directory', mode: 0o755, mtime: time });
    else if (type === 'link')
      archive.entry({ name, type: 'symlink', linkname: entry.target, mode: 0o777, mtime: time });
    else {
      const { content } = entry;
      const mode = entry.executable === true ? 0o755 : 0o644;
      const size = typeof content === 'string' ? statSync(content).size : content.length;
      const sink = archive.entry({ name, type: 'file', size, mode, mtime: time });
      const source = typeof content === 'string' ? createReadStream(content) : [content];
      await pipeline(source, sink);
    }
  };
  add().catch((error: unknown) => archive.destroy(error as Error));
  return archive as unknown as Readable;
}
