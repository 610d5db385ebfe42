import { makeApm } from '../../formats/apm/index.ts';
import { gptTypes, guidFrom, makeGpt } from '../../formats/gpt/index.ts';
import type { VolumeEditor } from '../../formats/hfsplus/index.ts';
import { windowOf } from '../../formats/source/index.ts';
import { openTarget } from '../../image/index.ts';

export type SampleMap = 'gpt' | 'apm';

interface Layout {
  readonly map: SampleMap;
  /** GUIDs come from it. */
  readonly seed: string;
  /** With what Apple's media have before the volume: a driver (APM, as in 10.7's), an EFI partition (GPT, as in 10.12's). */
  readonly boot?: boolean;
}

const efiSize = 200 * 1024;

/** Writes a new disk with one volume, as large as it has to be. */
export async function writeDisk(
  path: string,
  edit: VolumeEditor,
  { map, seed, boot = false }: Layout,
): Promise<void> {
  const size = edit.sizeNeeded();
  const hfs = { type: gptTypes.hfs, id: guidFrom(`${seed} volume`), name: 'disk image', size };
  const efi = {
    type: gptTypes.efi,
    id: guidFrom(`${seed} efi`),
    name: 'EFI System Partition',
    size: efiSize,
  };
  const disk =
    map === 'gpt'
      ? makeGpt({ disk: guidFrom(seed), partitions: boot ? [efi, hfs] : [hfs] })
      : makeApm({ driver: boot, partitions: [{ type: 'Apple_HFS', name: 'disk image', size }] });
  const target = await openTarget(path, 'new');
  try {
    await target.resize(disk.size);
    for (const { offset, bytes } of disk.patches) await target.write(offset, bytes);
    await edit.commit(windowOf(target, disk.partitions.at(-1)?.offset ?? 0, size), { size });
  } finally {
    await target.close();
  }
}
