import { Failure } from '../base/index.ts';
import {
  childrenOf,
  editVolume,
  findEntry,
  openData,
  type EditedEntry,
  type Entry,
  type HfsVolume,
  type VolumeEditor,
} from '../formats/hfsplus/index.ts';
import { memorySource } from '../formats/source/index.ts';
import type { Growth } from '../formats/gpt/index.ts';
import { loaderTail, planGrowth, readPartitionMap, showImagePath } from '../image/index.ts';
import { takeFromPackage, type PackagedFile } from './kernel.ts';
import type { Medium, OpenedImage } from './medium.ts';
import type { Task } from './releases.ts';

export interface IsoOptions {
  /** A kernel to take instead of the one in the medium's packages. */
  readonly kernel?: PackagedFile | undefined;
  /** Files to put onto the volume beside: paths in the volume, what is there gives way. */
  readonly files?: ReadonlyMap<string, Uint8Array> | undefined;
}

/** What will be done, everything known that can be before the first byte is written. */
export interface IsoPlan {
  /** A line each, for people. */
  readonly tasks: readonly string[];
  /** Of the ISO, exact, in bytes. */
  readonly size: number;
  /** How the disk grows: for what is new in its volume, and for what loaders want free behind it. */
  readonly growth: Growth;
  /** Undefined of a DVD, whose volume stays as it is. */
  readonly change: { readonly edit: VolumeEditor; readonly volumeSize: number } | undefined;
}

/** What a CD-ROM drive shows of a disc is whole sectors of 2048 bytes. */
const discSector = 2048;

/**
 * Plans the release's changes to the base system.
 * @throws Failure 'missing-part' when the medium lacks what its release needs; FormatError when it is damaged
 */
export async function planIso({ system, base, esd }: Medium, options: IsoOptions = {}): Promise<IsoPlan> {
  if (esd === undefined && options.files === undefined) {
    const growth = await tailGrowth(base);
    const more = growth.size - base.disk.size;
    const tasks = [
      'the DVD, decoded and otherwise unchanged',
      ...(more > 0 ? [`${more} bytes behind it, for loaders`] : []),
    ];
    return { tasks, size: growth.size, growth, change: undefined };
  }
  const edit = await editVolume(base.volume);
  const tasks: string[] = [];
  for (const task of system.release.tasks) {
    if (esd !== undefined)
      tasks.push(await carryOut(task, edit, esd.volume, showImagePath(esd.place), options));
  }
  for (const [path, bytes] of options.files ?? []) {
    put(edit, path, { bytes, time: 0 });
    tasks.push(`/${path}, ${bytes.length} bytes`);
  }
  const { blockSize } = base.volume.header;
  const blocks = Math.ceil(Math.max(edit.sizeNeeded(), base.size) / blockSize);
  const growth = await planGrowth(base.disk, base, blocks * blockSize, { multipleOf: discSector });
  return { tasks, size: growth.size, growth, change: { edit, volumeSize: blocks * blockSize } };
}

/** How a disc that stays as it is gets what loaders want free behind its volume. */
async function tailGrowth({ disk, offset, size }: OpenedImage): Promise<Growth> {
  const wanted = (await loaderTail(disk))?.wanted ?? 0;
  if (wanted <= disk.size) return { size: disk.size, patches: [] };
  // An Apple map may end before its disc does; a GPT's backup stands at the end.
  if ((await readPartitionMap(disk))?.scheme === 'gpt')
    return planGrowth(disk, { offset }, size, { multipleOf: discSector });
  return { size: Math.ceil(wanted / discSector) * discSector, patches: [] };
}

/** @returns what was done, in a line */
async function carryOut(
  task: Task,
  edit: VolumeEditor,
  esd: HfsVolume,
  medium: string,
  options: IsoOptions,
): Promise<string> {
  const wanted = (path: string): Entry => {
    const entry = findEntry(esd, path);
    if (entry !== undefined) return entry;
    throw new Failure('missing-part', `${medium} has no /${path}, which its release's installer needs`);
  };
  switch (task.do) {
    case 'replace': {
      const from = wanted(task.from);
      const { folder, name } = split(task.to);
      const parent = folderAt(edit, folder);
      const old = edit.find(task.to);
      if (old !== undefined) edit.remove(old);
      edit.copyTree(esd, from, parent, name);
      return `/${task.to} replaced by the medium's /${task.from}`;
    }
    case 'copy': {
      const found = childrenOf(esd, esd.catalog.root).filter(({ name }) => name.startsWith(task.from));
      for (const entry of found) {
        const old = edit.find(`${task.to}/${entry.name}`);
        if (old !== undefined) edit.remove(old);
        edit.copyTree(esd, entry, folderAt(edit, task.to));
      }
      return `${found.map(({ name }) => name).join(', ')} copied to /${task.to}`;
    }
    case 'kernel': {
      if (options.kernel !== undefined) {
        put(edit, task.to, options.kernel);
        return `/${task.to} is the kernel given, ${options.kernel.bytes.length} bytes`;
      }
      if (edit.find(task.to) !== undefined) return `/${task.to} is there already`;
      const kernel = await takeFromPackage(await openData(esd, wanted(task.from)), task.file, task.from);
      put(edit, task.to, kernel);
      return `/${task.to} taken from ${task.from}, ${kernel.bytes.length} bytes`;
    }
  }
}

function put(edit: VolumeEditor, path: string, { bytes, time }: PackagedFile): void {
  const { folder, name } = split(path);
  const parent = folderAt(edit, folder);
  const old = edit.find(path);
  if (old !== undefined) edit.remove(old);
  const date = new Date(time * 1000);
  edit.putFile(parent, name, { data: memorySource(bytes), mode: 0o100644, contentModDate: date });
}

/** A folder of the volume, made where it is missing. */
function folderAt(edit: VolumeEditor, path: string): EditedEntry {
  let folder = edit.root;
  let above = '';
  for (const name of path.split('/').filter((part) => part !== '')) {
    above = above === '' ? name : `${above}/${name}`;
    folder = edit.find(above) ?? edit.makeFolder(folder, name);
  }
  return folder;
}

function split(path: string): { readonly folder: string; readonly name: string } {
  const slash = path.lastIndexOf('/');
  return { folder: path.slice(0, Math.max(0, slash)), name: path.slice(slash + 1) };
}
