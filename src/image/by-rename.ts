import { lstat, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Failure, systemReason, temporaryBeside } from '../base/index.ts';
import { diskFailure } from '../host/index.ts';
import { checkOpenFiles } from './open/outer/file-source.ts';

export interface ByRenameOptions {
  /**
   * How a file that is there gives way. 'replaced', the default: at every moment the name stands for the old file or the
   * new one, and ext4 first gives all of the new one to the disk. 'set-aside', for what can be made again: the old one
   * loses its name for the moment before the new one gets it, and nothing waits for the disk.
   */
  readonly present?: 'replaced' | 'set-aside';
}

/**
 * Makes a file that appears by rename when `write` has made all of it, or not at all.
 * It does not when a file that is open as a source has changed meanwhile.
 * @param write is given the path of a file beside it, which it makes
 */
export async function byRename<Result>(
  output: string,
  write: (partial: string) => Promise<Result>,
  { present = 'replaced' }: ByRenameOptions = {},
): Promise<Result> {
  if ((await stat(output).catch(() => undefined))?.isDirectory() === true)
    throw new Failure('cannot-write', `${output} is a folder; name a file in it`);
  const partial = temporaryBeside(output, 'partial');
  try {
    const result = await write(partial);
    await checkOpenFiles();
    await (present === 'set-aside' ? setAside(partial, output) : rename(partial, output)).catch(
      (cause: unknown) => {
        throw new Failure('cannot-write', `${output} cannot be written: ${systemReason(cause)}`, { cause });
      },
    );
    return result;
  } catch (error) {
    throw diskFailure(error, dirname(resolve(output))) ?? error;
  } finally {
    await rm(partial, { force: true });
  }
}

/** Gives a file its name after the file that has it has lost it. */
async function setAside(partial: string, output: string): Promise<void> {
  const old = temporaryBeside(output, 'old');
  const isThere = (await lstat(output).catch(() => undefined))?.isFile() === true;
  if (isThere) await rename(output, old);
  try {
    await rename(partial, output);
  } catch (error) {
    if (isThere) await rename(old, output);
    throw error;
  }
  if (isThere) await rm(old, { force: true });
}
