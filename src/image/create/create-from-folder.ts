import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Failure } from '../../base/index.ts';
import { gptTypes, guidFrom, makeGpt } from '../../formats/gpt/index.ts';
import { newVolume } from '../../formats/hfsplus/index.ts';
import { windowOf } from '../../formats/source/index.ts';
import { measuringSpace } from '../../host/index.ts';
import { addHostFiles, type Added, type HostLinks } from '../edit/host-files.ts';
import { readHostAttributes } from '../edit/host-attributes.ts';
import { openTarget } from '../file-target.ts';
import { createDmg, type Created } from './create-dmg.ts';
import { newestChange } from './newest-change.ts';
import type { CreateOptions } from './options.ts';

export interface FolderOptions extends CreateOptions {
  /** Of the volume; the folder's when it is left out. */
  readonly name?: string | undefined;
  /** With a link to /Applications beside what is in the folder. */
  readonly applications?: boolean | undefined;
  readonly owner?: number | undefined;
  readonly group?: number | undefined;
  /** Keep extended attributes, `user.NAME` as NAME. */
  readonly xattrs?: boolean | undefined;
  /** Of the volume and its folders' making; the newest change in the folder when it is left out. */
  readonly date?: Date | undefined;
}

const blockSize = 4096;

/**
 * Makes a DMG with an HFS+ volume of what is in a folder: modes, links, dates, and extended attributes where asked for. The same files give the same bytes,
 * wherever the folder lies and whenever it is done.
 * @throws Failure 'exists' for names that differ by case alone; as addHostFiles and createDmg do
 */
export async function createFromFolder(
  folder: string,
  output: string,
  options: FolderOptions = {},
): Promise<Created & { readonly added: Added }> {
  const name = options.name ?? basename(resolve(folder));
  const date = options.date ?? (await newestChange(folder));
  const editor = newVolume({ name, date, blockSize });
  const links: HostLinks = new Map();
  const attributes = options.xattrs === true ? await readHostAttributes(folder, options.signal) : undefined;
  const added: Added = { files: 0, folders: 0, bytes: 0 };
  for (const each of (await readdir(folder)).sort()) {
    options.signal?.throwIfAborted();
    const { owner, group } = options;
    const more = await addHostFiles(
      editor,
      editor.root,
      join(folder, each),
      { owner, group, attributes },
      links,
    );
    added.files += more.files;
    added.folders += more.folders;
    added.bytes += more.bytes;
  }
  if (options.applications === true) {
    if (editor.find('Applications') !== undefined)
      throw new Failure('exists', `${folder} has an Applications of its own`);
    editor.putSymlink(editor.root, 'Applications', '/Applications', { contentModDate: date });
  }
  const size = Math.ceil(editor.sizeNeeded() / blockSize) * blockSize;
  const seed = `${name}\0${date.toISOString()}`;
  const map = makeGpt({
    disk: guidFrom(`${seed}\0disk`),
    partitions: [{ type: gptTypes.hfs, id: guidFrom(`${seed}\0volume`), name: 'disk image', size }],
  });
  const offset = map.partitions[0]?.offset ?? 0;
  // Beside the output, where there has to be room anyway.
  const scratch = await mkdtemp(join(dirname(resolve(output)), '.cidermill-volume-'));
  try {
    const raw = join(scratch, 'disk.img');
    const target = await openTarget(raw, 'new');
    const write = async (): Promise<void> => {
      await target.resize(map.size);
      for (const patch of map.patches) await target.write(patch.offset, patch.bytes);
      await editor.commit(windowOf(target, offset, size), { size });
    };
    try {
      await measuringSpace(dirname(resolve(output)), write);
    } finally {
      await target.close();
    }
    return { ...(await createDmg(raw, output, options)), added };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
