import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeOverlay } from '../../formats/qcow2/index.ts';
import type { BootFiles } from './boot-files.ts';
import type { FoundSettings } from './loader-settings.ts';

/**
 * Puts an overlay before each disk whose last files a loader could not read: the same disk with zeros behind it. No
 * image is changed. What a guest writes goes to the overlay too, so its own disk gets one only where that is wanted.
 * @param folder for the overlays
 * @param snapshot whether what the guest writes is thrown away
 */
export function padFiles(
  files: BootFiles,
  { disc, own }: FoundSettings,
  folder: string,
  snapshot: boolean,
): BootFiles {
  const overlay = (name: string, backing: string, backingFormat: string, size: number): string => {
    const file = join(folder, `${name}.qcow2`);
    writeFileSync(file, makeOverlay({ size, backing, backingFormat }), { mode: 0o600 });
    return file;
  };
  const { iso, disk } = files;
  return {
    ...files,
    ...(iso !== undefined &&
      disc?.short !== undefined && {
        iso: overlay('disc', iso, 'raw', disc.short),
        isoFormat: 'qcow2' as const,
      }),
    ...(snapshot &&
      own?.short !== undefined && {
        disk: { file: overlay('disk', disk.file, disk.format, own.short), format: 'qcow2' },
      }),
  };
}

export function needsPadding({ disc, own }: FoundSettings, snapshot: boolean): boolean {
  return disc?.short !== undefined || (snapshot && own?.short !== undefined);
}
