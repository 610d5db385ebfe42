import { constants } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { FileDifference } from '../../difference/index.ts';

/** Copies both versions of each file that differs into `<folder>/stored` and `<folder>/rebuilt`. */
export async function keepBoth(found: readonly FileDifference[], folder: string): Promise<void> {
  for (const { path, files } of found) {
    if (files === undefined) continue;
    for (const side of ['stored', 'rebuilt'] as const) {
      const to = join(folder, side, path);
      await mkdir(dirname(to), { recursive: true });
      await copyFile(files[side], to, constants.COPYFILE_FICLONE);
    }
  }
}
