import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { newVolume } from '../../../../src/formats/hfsplus/index.ts';
import { memorySource } from '../../../../src/formats/source/index.ts';
import { findHfsPlus, openImage } from '../../../../src/image/index.ts';
import { fixture, has } from '../../../rig/fixtures.ts';
import { compressedVolume } from '../../../rig/images/compressed-volume.ts';
import { volumeWithFolderLinks } from '../../../rig/images/folder-links.ts';
import { journaledVolume } from '../../../rig/images/journaled-volume.ts';
import { fragmented, linuxVolume } from '../../../rig/images/linux-volume.ts';
import { memoryTarget } from '../../../rig/memory-target.ts';
import type { Planting } from './planting.ts';
import { Surgeon } from './surgeon.ts';

const open = new Map<Planting['volume'], Promise<Surgeon>>();

/** A sound volume to be changed; take a fresh() one. */
export function sample(name: Planting['volume']): Promise<Surgeon> {
  const known = open.get(name);
  if (known !== undefined) return known;
  const surgeon = bytesOf(name).then((bytes) => Surgeon.open(bytes));
  open.set(name, surgeon);
  return surgeon;
}

async function bytesOf(name: Planting['volume']): Promise<Buffer> {
  switch (name) {
    case 'linux':
      return readFileSync(await linuxVolume(fragmented));
    case 'hard links':
      return has('hfsplus-rs/hfsp-small.img.xz')
        ? execFileSync('xz', ['-dc', fixture('hfsplus-rs/hfsp-small.img.xz')], { maxBuffer: 2 ** 26 })
        : linkedVolume();
    case 'compressed':
      return has('kaitokit/hfs-decmpfs.dmg') ? volumeOf('kaitokit/hfs-decmpfs.dmg') : compressedVolume();
    case 'folder links':
      return readFileSync(await volumeWithFolderLinks());
    case 'journaled':
      return has('brew/container.dmg') ? volumeOf('brew/container.dmg') : journaledVolume('empty');
  }
}

async function linkedVolume(): Promise<Buffer> {
  const editor = newVolume({ name: 'linked', date: new Date(0) });
  const file = editor.putFile(editor.root, 'one name', { data: memorySource(Buffer.from('content')) });
  editor.putHardLink(editor.root, 'another', file);
  editor.putFile(editor.root, 'alone', { data: memorySource(Buffer.from('more content')) });
  const target = memoryTarget(Buffer.alloc(0));
  await editor.commit(target, { size: editor.sizeNeeded() });
  return Buffer.from(await target.read(0, target.size));
}

async function volumeOf(image: string): Promise<Buffer> {
  const { disk, close } = await openImage(fixture(image));
  const { volume } = await findHfsPlus(disk);
  const bytes = Buffer.from(await volume.read(0, volume.size));
  await close();
  return bytes;
}
