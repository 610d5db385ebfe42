import { FormatError } from '../../base/index.ts';
import {
  childrenOf,
  fieldsOf,
  isSymlink,
  isVolumesOwn,
  linkTarget,
  openData,
  openFork,
  pathName,
  type Entry,
  type HfsVolume,
} from '../../formats/hfsplus/index.ts';
import { leadsInside } from './link-target.ts';

/** One thing that is extracted; paths from the folder that is made. */
export type ExtractStep =
  | { readonly kind: 'folder' | 'file' | 'apple-double'; readonly path: string; readonly entry: Entry }
  | { readonly kind: 'link'; readonly path: string; readonly target: string; readonly entry: Entry }
  | { readonly kind: 'hard-link'; readonly path: string; readonly existing: string };

export interface ExtractionPlan {
  readonly steps: readonly ExtractStep[];
  /** Of all that is written. */
  readonly bytes: number;
  readonly files: number;
  /** Symbolic links that lead outside. */
  readonly outside: readonly { readonly path: string; readonly target: string }[];
  readonly devices: readonly string[];
  /** Resource forks and Finder info that only AppleDouble files keep. */
  readonly resourceForks: number;
}

export interface PlanOptions {
  /** Make symbolic links that lead outside, too. */
  readonly outsideLinks?: boolean | undefined;
  /** Write "._name" files. */
  readonly appleDouble?: boolean | undefined;
}

const kindBits = { mask: 0o170000, file: 0o100000 } as const;
/** PATH_MAX of OS X. */
const longestTarget = 1024;

/** Goes through what is to be extracted: a folder's contents, or a file by itself. */
export async function planExtraction(
  volume: HfsVolume,
  entry: Entry,
  { outsideLinks = false, appleDouble = false }: PlanOptions = {},
): Promise<ExtractionPlan> {
  const steps: ExtractStep[] = [];
  const outside: { path: string; target: string }[] = [];
  const devices: string[] = [];
  let [bytes, files, resourceForks] = [0, 0, 0];
  /** Where what several hard links lead to is already. */
  const first = new Map<number, string>();

  const addFork = (file: Entry, path: string): void => {
    const { ownerFlags } = fieldsOf(file);
    // A compressed file's resource fork is its data.
    const size =
      (ownerFlags & compressedFlag) === 0 && file.kind === 'file'
        ? openFork(volume, file, 'resource').size
        : 0;
    if (size === 0 && finderInfoOf(file).every((byte) => byte === 0)) return;
    if (!appleDouble) {
      if (size > 0) resourceForks++;
      return;
    }
    const slash = path.lastIndexOf('/') + 1;
    steps.push({ kind: 'apple-double', path: `${path.slice(0, slash)}._${path.slice(slash)}`, entry: file });
    bytes += size;
  };

  const addFile = async (child: Entry, path: string): Promise<void> => {
    const file = linkTarget(volume, child);
    const existing = file === child ? undefined : first.get(file.id);
    if (existing !== undefined) {
      steps.push({ kind: 'hard-link', path, existing });
      return;
    }
    if (file !== child) first.set(file.id, path);
    const { mode } = fieldsOf(file);
    if (isSymlink(file)) {
      const target = await readTarget(volume, file);
      if (leadsInside(path, target) || outsideLinks) steps.push({ kind: 'link', path, target, entry: file });
      else outside.push({ path, target });
      return;
    }
    if (mode !== 0 && (mode & kindBits.mask) !== kindBits.file) {
      devices.push(path);
      return;
    }
    bytes += (await openData(volume, file)).size;
    files++;
    steps.push({ kind: 'file', path, entry: file });
    addFork(file, path);
  };

  if (linkTarget(volume, entry).kind === 'file') {
    await addFile(entry, nameOf(entry));
    return { steps, bytes, files, outside, devices, resourceForks };
  }
  const open = [{ folder: linkTarget(volume, entry), path: '' }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const below: typeof open = [];
    if (next.path === '') first.set(next.folder.id, '.');
    for (const child of childrenOf(volume, next.folder)) {
      if (isVolumesOwn(child)) continue;
      const path = next.path === '' ? nameOf(child) : `${next.path}/${nameOf(child)}`;
      const target = linkTarget(volume, child);
      if (target.kind === 'file') {
        await addFile(child, path);
        continue;
      }
      const existing = first.get(target.id);
      if (existing !== undefined) {
        // A folder has one place; its other hard links become symbolic ones.
        const up = '../'.repeat(path.split('/').length - 1);
        steps.push({ kind: 'link', path, target: `${up}${existing}`, entry: target });
        continue;
      }
      first.set(target.id, path);
      steps.push({ kind: 'folder', path, entry: target });
      addFork(target, path);
      below.push({ folder: target, path });
    }
    open.push(...below.reverse());
  }
  return { steps, bytes, files, outside, devices, resourceForks };
}

/** A bit of `ownerFlags`. */
const compressedFlag = 0x20;

/** The 32 bytes that the Finder has of a file or folder. */
export function finderInfoOf(entry: Entry): Uint8Array {
  const { userInfo, finderInfo } = fieldsOf(entry);
  return Buffer.concat([userInfo, finderInfo]);
}

function nameOf(entry: Entry): string {
  const name = pathName(entry.name);
  if (name === '' || name === '.' || name === '..' || name.includes('/'))
    throw new FormatError('hfsplus', `"${name}" is not the name of a file`, { offset: entry.at });
  return name;
}

async function readTarget(volume: HfsVolume, entry: Entry): Promise<string> {
  const data = await openData(volume, entry);
  if (data.size > longestTarget)
    throw new FormatError('hfsplus', `invalid symbolic link: target of ${data.size} bytes`, {
      offset: entry.at,
    });
  return Buffer.from(await data.read(0, data.size)).toString('utf8');
}
