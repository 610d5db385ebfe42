import { rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Failure, systemReason, temporaryBeside } from '../base/index.ts';
import { diskFailure } from '../host/index.ts';
import { checkOpenFiles } from './open/outer/file-source.ts';

/**
 * Makes a file that appears by rename when `write` has made all of it, or not at all.
 * It does not when a file that is open as a source has changed meanwhile.
 * @param write is given the path of a file beside it, which it makes
 */
export async function byRename<Result>(
  output: string,
  write: (partial: string) => Promise<Result>,
): Promise<Result> {
  if ((await stat(output).catch(() => undefined))?.isDirectory() === true)
    throw new Failure('cannot-write', `${output} is a folder; name a file in it`);
  const partial = temporaryBeside(output, 'partial');
  try {
    const result = await write(partial);
    await checkOpenFiles();
    await rename(partial, output).catch((cause: unknown) => {
      throw new Failure('cannot-write', `${output} cannot be written: ${systemReason(cause)}`, { cause });
    });
    return result;
  } catch (error) {
    throw diskFailure(error, dirname(resolve(output))) ?? error;
  } finally {
    await rm(partial, { force: true });
  }
}
