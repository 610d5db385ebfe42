import { constants } from 'node:fs';
import { chmod, copyFile, stat } from 'node:fs/promises';
import { convertDmg } from '../decode/convert-dmg.ts';
import { checkFreeSpace } from '../free-space.ts';

/**
 * Copies a raw image so that the copy can be changed: as a reflink where the file system has them, else with its holes.
 * @param more bytes that will be added to it
 * @throws Failure 'no-space' before the first byte, where it is visibly too large
 */
export async function copyImage(
  path: string,
  copy: string,
  more: number,
  {
    signal,
    onProgress = () => undefined,
  }: {
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: ((done: number, total: number) => void) | undefined;
  },
): Promise<void> {
  const { mode, blocks } = await stat(path);
  const cloned = await copyFile(path, copy, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE).then(
    () => true,
    () => false,
  );
  await checkFreeSpace(copy, (cloned ? 0 : blocks * 512) + more);
  if (!cloned) await convertDmg(path, copy, { signal, onProgress });
  await chmod(copy, mode & 0o777);
}
