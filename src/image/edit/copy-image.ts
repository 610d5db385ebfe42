import { chmod, rm, stat } from 'node:fs/promises';
import { run } from '../../host/programs/program.ts';
import { convertDmg } from '../decode/convert-dmg.ts';
import { checkFreeSpace } from '../free-space.ts';

/**
 * Copies a raw image so that the copy can be changed: as a reflink where the file system has them, else with its holes.
 * The host's own cp does it: it asks the file system where holes are, which Node cannot, and so takes the time of the
 * data and not of the size.
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
  const { mode, blocks, size } = await stat(path);
  await checkFreeSpace(copy, blocks * 512 + more);
  if (await copied(path, copy, signal)) onProgress(size, size);
  else {
    await rm(copy, { force: true });
    await convertDmg(path, copy, { signal, onProgress });
  }
  await chmod(copy, mode & 0o777);
}

/** @returns false where cp is another than GNU's, or fails: what is wrong is then told by whoever copies instead */
async function copied(path: string, copy: string, signal: AbortSignal | undefined): Promise<boolean> {
  const options = ['--sparse=auto', '--reflink=auto', '--no-preserve=all', '--', path, copy];
  const { exitCode } = await run('cp', options, { from: 'coreutils', signal }).catch((error: unknown) => {
    signal?.throwIfAborted();
    if (error instanceof Error && 'code' in error && error.code === 'no-program') return { exitCode: 1 };
    throw error;
  });
  return exitCode === 0;
}
