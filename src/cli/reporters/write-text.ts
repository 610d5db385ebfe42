import { statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure, systemReason } from '../../base/index.ts';
import { byRename } from '../../image/by-rename.ts';

/** Writes a text file: whole, or not at all. @throws Failure 'cannot-write' */
export async function writeText(path: string, text: string): Promise<void> {
  try {
    await byRename(path, (partial) => writeFile(partial, text));
  } catch (cause) {
    throw cause instanceof Failure ? cause : cannotWrite(path, cause);
  }
}

/** Refuses a file that could not be written later, when what it is to tell of is done. @throws Failure 'cannot-write' */
export function checkPlace(path: string): void {
  try {
    statSync(dirname(path));
  } catch (cause) {
    throw cannotWrite(path, cause);
  }
}

function cannotWrite(path: string, cause: unknown): Failure {
  return new Failure('cannot-write', `${path} cannot be written: ${systemReason(cause)}`, { cause });
}
