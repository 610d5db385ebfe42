import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { findHfsPlus, openImage } from '../../../../src/image/index.ts';
import { fixture } from '../../../rig/fixtures.ts';
import { volumeWithFolderLinks } from '../../../rig/folder-links.ts';
import { fragmented, linuxVolume } from '../../../rig/linux-volume.ts';
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
      return execFileSync('xz', ['-dc', fixture('hfsplus-rs/hfsp-small.img.xz')], { maxBuffer: 2 ** 26 });
    case 'compressed':
      return volumeOf('kaitokit/hfs-decmpfs.dmg');
    case 'folder links':
      return readFileSync(await volumeWithFolderLinks());
    case 'journaled':
      return volumeOf('brew/container.dmg');
  }
}

async function volumeOf(image: string): Promise<Buffer> {
  const { disk, close } = await openImage(fixture(image));
  const { volume } = await findHfsPlus(disk);
  const bytes = Buffer.from(await volume.read(0, volume.size));
  await close();
  return bytes;
}
