import { mkdir, readdir, rename, rm, statfs } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Failure, systemReason, temporaryBeside } from '../../base/index.ts';

/**
 * Makes a folder that appears by rename when `write` has filled it, or not at all. One that is there may be empty.
 * @param write is given the path of the folder beside it that it fills, and how many bytes its disk has left
 * @throws Failure 'cannot-write'
 */
export async function folderByRename<Result>(
  folder: string,
  write: (partial: string, free: number) => Promise<Result>,
): Promise<Result> {
  const whole = resolve(folder);
  const cannotWrite = (cause: unknown): never => {
    throw new Failure('cannot-write', `${folder} cannot be written: ${systemReason(cause)}`, { cause });
  };
  const there = await readdir(whole).catch((error: unknown) =>
    (error as NodeJS.ErrnoException).code === 'ENOENT' ? [] : cannotWrite(error),
  );
  if (there.length > 0)
    throw new Failure('cannot-write', `${folder} exists and is not empty`, { hint: 'Name a new folder.' });
  const partial = temporaryBeside(whole, 'partial');
  try {
    await mkdir(partial).catch(cannotWrite);
    const { bavail, bsize } = await statfs(partial);
    const result = await write(partial, bavail * bsize);
    await rename(partial, whole).catch(cannotWrite);
    return result;
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}
