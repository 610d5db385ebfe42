import { Failure, type ByteTarget } from '../base/index.ts';
import { gptTypes, makeGpt } from '../formats/gpt/index.ts';
import { newVolume } from '../formats/hfsplus/index.ts';
import { tailBytes } from '../formats/loader-tail/index.ts';
import { memorySource, windowOf } from '../formats/source/index.ts';
import { bootPlist, bootPlistPath, type BootSettings } from '../guest/index.ts';

/** A volume to install onto. */
export interface NewVolume {
  readonly name: string;
  /** What the loader finds on it. */
  readonly loader: BootSettings;
}

/** What must differ from disk to disk, or be the same for the same recipe: the caller says. */
export interface Identity {
  readonly guid: (of: 'disk' | 'efi' | 'volume') => string;
  readonly date: Date;
}

/** As Disk Utility makes it. */
const efiSize = 200 * 2 ** 20;
const sector = 512;
/** GPT's backup: 32 sectors of entries and a header. */
const backupSize = 33 * sector;
const smallestVolume = 16 * 2 ** 20;

/**
 * Makes an empty disk ready to install onto: a GPT with an EFI partition and an HFS+ volume, in it the loader's settings.
 * @throws Failure 'usage' when it is too small for that; RangeError when the settings are out of range
 */
export async function layOut(
  disk: ByteTarget,
  { name, loader }: NewVolume,
  { guid, date }: Identity,
): Promise<void> {
  const offset = 40 * sector + efiSize;
  const size = disk.size - offset - tailBytes - backupSize;
  if (size < smallestVolume)
    throw new Failure('usage', `a disk of ${disk.size} bytes is too small for a volume`, {
      hint: 'OS X takes 8G and more.',
    });
  const efi = { type: gptTypes.efi, id: guid('efi'), name: 'EFI System Partition', size: efiSize };
  const partitions = [efi, { type: gptTypes.hfs, id: guid('volume'), name, size }];
  const map = makeGpt({ disk: guid('disk'), partitions, size: disk.size });
  const place = map.partitions[1];
  if (place === undefined || map.size !== disk.size)
    throw new Error(`a disk of ${disk.size} bytes was laid out as one of ${map.size}`);
  for (const { offset: at, bytes } of map.patches) await disk.write(at, bytes);
  const edit = newVolume({ name, date, size: place.size });
  const [folder = '', file = ''] = bootPlistPath.split('/');
  const dates = { createDate: date, contentModDate: date, attributeModDate: date, accessDate: date };
  edit.putFile(edit.makeFolder(edit.root, folder, dates), file, {
    data: memorySource(bootPlist(loader)),
    mode: 0o100644,
    ...dates,
  });
  await edit.commit(windowOf(disk, place.offset, place.size), { size: place.size });
}
