import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { Failure } from '../base/index.ts';
import { gptTypes, makeGpt } from '../formats/gpt/index.ts';
import { newVolume } from '../formats/hfsplus/index.ts';
import { memorySource, windowOf } from '../formats/source/index.ts';
import { bootPlist, bootPlistPath, type BootSettings } from '../guest/index.ts';
import { byRename } from '../image/index.ts';
import { withServedDisk, type RemoteDisk } from '../vm/index.ts';
import { imageInfo, qemuImg, type DiskTools } from './qemu-img.ts';

export interface NewDisk {
  /** What the guest sees, in bytes; that of the backing image when left out. */
  readonly size?: number;
  /** An image that this one starts from and leaves as it is. */
  readonly backing?: string;
  /** A volume to install onto; without one the disk is empty. */
  readonly volume?: { readonly name: string; readonly loader: BootSettings };
}

/** As Disk Utility makes it. */
const efiSize = 200 * 2 ** 20;
const sector = 512;
/** GPT's backup: 32 sectors of entries and a header. */
const backupSize = 33 * sector;
const smallestVolume = 16 * 2 ** 20;

/**
 * Makes a qcow2 disk, empty or ready to install onto: a GPT with an EFI partition and an HFS+ volume that has the
 * loader's settings. It appears by rename.
 * @throws Failure 'exists', 'usage', and what QEMU says
 */
export async function newDisk(
  tools: DiskTools,
  output: string,
  { size, backing, volume }: NewDisk,
): Promise<void> {
  if (existsSync(output))
    throw new Failure('exists', `${output} is there already`, { hint: 'Remove it, or name another.' });
  if (size === undefined && backing === undefined) throw new Failure('usage', 'a new disk needs a size');
  if (volume !== undefined && backing !== undefined)
    throw new Failure('usage', 'a disk that starts from another has the volumes of that one');
  const behind =
    backing === undefined
      ? []
      : ['-b', resolve(backing), '-F', (await imageInfo(tools, resolve(backing))).format];
  await byRename(output, async (partial) => {
    const length = size === undefined ? [] : [String(size)];
    await qemuImg(tools, ['create', '-q', '-f', 'qcow2', ...behind, partial, ...length]);
    if (volume === undefined) return;
    const image = { file: partial, format: 'qcow2', writable: true };
    await withServedDisk(tools.system, image, (disk) => layOut(disk, volume));
  });
}

async function layOut(disk: RemoteDisk, { name, loader }: NonNullable<NewDisk['volume']>): Promise<void> {
  const efi = { type: gptTypes.efi, id: randomUUID(), name: 'EFI System Partition', size: efiSize };
  const offset = 40 * sector + efiSize;
  const size = disk.size - offset - backupSize;
  if (size < smallestVolume)
    throw new Failure('usage', `a disk of ${disk.size} bytes is too small for a volume`, {
      hint: 'OS X takes 8G and more.',
    });
  const partitions = [efi, { type: gptTypes.hfs, id: randomUUID(), name, size }];
  const map = makeGpt({ disk: randomUUID(), partitions, size: disk.size });
  const place = map.partitions[1];
  if (place === undefined || map.size !== disk.size)
    throw new Error(`a disk of ${disk.size} bytes was laid out as one of ${map.size}`);
  for (const { offset: at, bytes } of map.patches) await disk.write(at, bytes);
  const edit = newVolume({ name, date: new Date(), size: place.size });
  const [folder = '', file = ''] = bootPlistPath.split('/');
  edit.putFile(edit.makeFolder(edit.root, folder), file, { data: memorySource(bootPlist(loader)) });
  await edit.commit(windowOf(disk, place.offset, place.size), { size: place.size });
}
