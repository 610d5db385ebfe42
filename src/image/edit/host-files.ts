import { lstat, readdir, readlink } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { cannotRead, Failure } from '../../base/index.ts';
import type { EditedEntry, FileContents, Metadata, VolumeEditor } from '../../formats/hfsplus/index.ts';
import type { HostAttributes } from './host-attributes.ts';
import { lazyFile } from './lazy-file.ts';

export interface AddOptions {
  /** The name in the volume; the path's last part when it is left out. */
  readonly name?: string | undefined;
  /** Of all that is added; root and wheel, 0 and 0, when they are left out. */
  readonly owner?: number | undefined;
  readonly group?: number | undefined;
  /** Files give way to those that are added. */
  readonly replace?: boolean | undefined;
  /** Of what is added, where they are to be kept. */
  readonly attributes?: HostAttributes | undefined;
}

export interface Added {
  files: number;
  folders: number;
  /** Of the files, without those of further hard links. */
  bytes: number;
}

/** Names of one file on this host, by device and inode. */
export type HostLinks = Map<string, EditedEntry>;

/**
 * Puts a file, symbolic link or folder of this host, with all that is in it, into a volume: bytes, permissions, dates, and
 * hard links among what is added. Folders that are there already are added to.
 * @param links is kept between calls, so that hard links are found among all that is added
 * @throws Failure 'cannot-read'; 'exists' where a file is in the way; 'cannot-add' for sockets, pipes and devices
 */
export async function addHostFiles(
  editor: VolumeEditor,
  folder: EditedEntry,
  path: string,
  options: AddOptions,
  links: HostLinks,
): Promise<Added> {
  if (options.name?.includes('/') === true)
    throw new Failure('usage', `"${options.name}" is a path; a name is needed`);
  const added: Added = { files: 0, folders: 0, bytes: 0 };
  const open = [{ path, parent: folder, name: options.name ?? basename(resolve(path)) }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { parent, name } = next;
    const stat = await lstat(next.path).catch(unreadable(next.path));
    const metadata = { ...metadataOf(stat, options), ...options.attributes?.get(resolve(next.path)) };
    const present = editor.find(name, parent);
    if (stat.isDirectory()) {
      const into = present?.kind === 'folder' ? present : editor.makeFolder(parent, name, metadata);
      added.folders++;
      const names = await readdir(next.path).catch(unreadable(next.path));
      // From the end, so that what is first gets the first number and the first blocks.
      for (const each of names.sort().reverse())
        open.push({ path: join(next.path, each), parent: into, name: each });
      continue;
    }
    if (present?.kind === 'file' && options.replace === true) editor.remove(present);
    const key = `${stat.dev}/${stat.ino}`;
    const first = stat.nlink > 1 ? links.get(key) : undefined;
    const entry =
      first === undefined
        ? await put(editor, { ...next, stat, metadata })
        : editor.putHardLink(parent, name, first);
    if (stat.nlink > 1 && stat.isFile()) links.set(key, entry);
    added.files++;
    if (first === undefined && stat.isFile()) added.bytes += stat.size;
  }
  return added;
}

async function put(
  editor: VolumeEditor,
  what: {
    readonly path: string;
    readonly parent: EditedEntry;
    readonly name: string;
    readonly stat: Stats;
    readonly metadata: FileContents;
  },
): Promise<EditedEntry> {
  const { path, parent, name, stat, metadata } = what;
  if (stat.isFile()) return editor.putFile(parent, name, { ...metadata, data: lazyFile(path, stat) });
  if (stat.isSymbolicLink())
    return editor.putSymlink(parent, name, await readlink(path).catch(unreadable(path)), {
      ...metadata,
      mode: 0o755,
    });
  throw new Failure('cannot-add', `${path} is neither a file nor a folder nor a symbolic link`);
}

function metadataOf(stat: Stats, { owner = 0, group = 0 }: AddOptions): Metadata {
  return { mode: stat.mode & 0o7777, owner, group, contentModDate: stat.mtime };
}

function unreadable(path: string): (cause: unknown) => never {
  return (cause) => {
    throw cannotRead(path, cause);
  };
}
