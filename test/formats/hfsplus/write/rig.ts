import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { ByteSource } from '../../../../src/base/index.ts';
import {
  checkVolume,
  childrenOf,
  editVolume,
  fieldsOf,
  linkTarget,
  openFork,
  openVolume,
  pathName,
  type Entry,
  type HfsVolume,
  type VolumeEditor,
} from '../../../../src/formats/hfsplus/index.ts';
import { memorySource } from '../../../../src/formats/source/index.ts';
import { openFile, openTarget } from '../../../../src/image/index.ts';
import { fixture } from '../../../rig/fixtures.ts';
import { freshFolder } from '../../../rig/folder.ts';
import { absence, fsckHfsPlus } from '../../../rig/judges/index.ts';

export const date = new Date('2016-09-20T17:00:00Z');

/** Bytes that nothing else has, made when they are read. */
export function pattern(seed: number, size: number): ByteSource {
  return {
    size,
    read: (offset, length) =>
      Promise.resolve(Uint8Array.from({ length }, (_, index) => (seed * 31 + (offset + index) * 7) & 0xff)),
  };
}

export function text(content: string): ByteSource {
  return memorySource(Buffer.from(content));
}

/** A volume that others made, in a file that can be changed. */
export function fixtureCopy(name: string): string {
  const folder = freshFolder();
  const path = join(folder, 'volume.img');
  if (name.endsWith('.xz')) {
    writeFileSync(path, execFileSync('xz', ['-dkc', fixture(name)], { maxBuffer: 2 ** 28 }));
    return path;
  }
  if (name.endsWith('.7z')) {
    execFileSync('7zz', ['x', '-y', `-o${folder}`, fixture(name)], { stdio: 'ignore' });
    return join(folder, 'hfsj.bin');
  }
  copyFileSync(fixture(name), path);
  chmodSync(path, 0o644);
  return path;
}

/** Writes a new volume into a file. @param size of the volume; what it needs when it is left out */
export async function commitNew(editor: VolumeEditor, size?: number, path?: string): Promise<string> {
  const to = path ?? join(freshFolder(), 'volume.img');
  const target = await openTarget(to, 'new');
  try {
    await editor.commit(target, { size: size ?? editor.sizeNeeded() });
  } finally {
    await target.close();
  }
  return to;
}

/** Changes a volume in its file. @param size of the volume from what it needs */
export async function edit(
  path: string,
  change: (editor: VolumeEditor, volume: HfsVolume) => Promise<void> | void,
  size: (needed: number) => number = (needed) => needed,
): Promise<void> {
  const target = await openTarget(path, 'present');
  try {
    const volume = await openVolume(target);
    const editor = await editVolume(volume, { date });
    await change(editor, volume);
    await editor.commit(target, { size: size(editor.sizeNeeded()) });
  } finally {
    await target.close();
  }
}

/** Holds a volume against Apple's fsck, where it can be had, and our own verifier. */
export async function judge(path: string): Promise<void> {
  const file = await openFile(path);
  try {
    const { findings } = await checkVolume(file);
    expect(findings.filter(({ severity }) => severity === 'fault')).toEqual([]);
  } finally {
    await file.close();
  }
  if (absence('hfsprogs') === undefined) {
    const { clean, said } = fsckHfsPlus(path);
    expect(clean, said).toBe(true);
  }
}

export async function withVolume<T>(path: string, use: (volume: HfsVolume) => Promise<T> | T): Promise<T> {
  const file = await openFile(path);
  try {
    return await use(await openVolume(file));
  } finally {
    await file.close();
  }
}

/** What there is to know of a file or folder, its numbers left out. */
export interface Described {
  readonly kind: string;
  readonly mode: number;
  readonly owner: number;
  readonly group: number;
  readonly modified: number;
  readonly created: number;
  readonly ownerFlags: number;
  readonly userInfo: string;
  readonly data: string;
  readonly resource: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** The first path that leads to the same file. */
  readonly same: string;
}

/** All below a folder by path. Links to folders are followed: there are no circles here. */
export async function describeTree(volume: HfsVolume, top?: Entry): Promise<Map<string, Described>> {
  const found = new Map<string, Described>();
  const first = new Map<number, string>();
  const walk = async (folder: Entry, prefix: string): Promise<void> => {
    for (const child of childrenOf(volume, folder)) {
      const path = prefix + pathName(child.name);
      const target = linkTarget(volume, child);
      if (!first.has(target.id)) first.set(target.id, path);
      found.set(path, await describeEntry(volume, target, first.get(target.id) ?? ''));
      if (target.kind === 'folder' && !path.includes('Private D')) await walk(target, `${path}/`);
    }
  };
  await walk(top ?? volume.catalog.root, '');
  return found;
}

async function describeEntry(volume: HfsVolume, entry: Entry, same: string): Promise<Described> {
  const { mode, owner, group, contentModDate, createDate, ownerFlags, userInfo } = fieldsOf(entry);
  const fork = async (kind: 'data' | 'resource'): Promise<string> => {
    if (entry.kind === 'folder') return '';
    return digest(openFork(volume, entry, kind));
  };
  const attributes: Record<string, string> = {};
  for (const [name, attribute] of volume.attributes.get(entry.id) ?? []) {
    if (name === 'com.apple.system.hfs.firstlink') continue;
    attributes[name] =
      attribute.kind === 'inline'
        ? await digest(memorySource(attribute.data))
        : await digest(forkOfAttribute(volume, attribute));
  }
  return {
    kind: entry.kind,
    mode,
    owner,
    group,
    modified: contentModDate,
    created: createDate,
    ownerFlags,
    userInfo: Buffer.from(userInfo).toString('hex'),
    data: await fork('data'),
    resource: await fork('resource'),
    attributes,
    same,
  };
}

function forkOfAttribute(
  volume: HfsVolume,
  attribute: {
    readonly size: number;
    readonly extents: readonly { readonly startBlock: number; readonly blockCount: number }[];
  },
): ByteSource {
  const { blockSize } = volume.header;
  return {
    size: attribute.size,
    async read(_offset, length) {
      const parts = [];
      for (const { startBlock, blockCount } of attribute.extents)
        parts.push(await volume.source.read(startBlock * blockSize, blockCount * blockSize));
      return Buffer.concat(parts).subarray(0, length);
    },
  };
}

/** Size and SHA-256. */
export async function digest(source: ByteSource): Promise<string> {
  const hash = createHash('sha256');
  for (let at = 0; at < source.size; at += 2 ** 20)
    hash.update(await source.read(at, Math.min(2 ** 20, source.size - at)));
  return source.size === 0 ? 'empty' : `${source.size} ${hash.digest('hex')}`;
}
