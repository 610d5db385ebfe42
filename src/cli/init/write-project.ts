import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure } from '../../base/index.ts';

/** Which files of a project were written, and which were there before. */
export interface WrittenProject {
  readonly written: readonly string[];
  readonly kept: readonly string[];
}

/**
 * Writes the files that are not there yet.
 * @param folder absolute; made where it is missing
 * @throws Failure 'cannot-write' where a file is in a folder's place, or the folder may not be written to
 */
export function writeProject(folder: string, files: ReadonlyMap<string, string>): WrittenProject {
  const written: string[] = [];
  const kept: string[] = [];
  for (const [name, text] of files) {
    const path = join(folder, name);
    try {
      makeFolder(dirname(path));
      writeFileSync(path, text, { flag: 'wx' });
      written.push(name);
    } catch (cause) {
      const { code } = cause as NodeJS.ErrnoException;
      // EEXIST of mkdir means that a file is where the folder should be.
      if (code === 'EEXIST' && (cause as NodeJS.ErrnoException).syscall === 'open') kept.push(name);
      else if (code === undefined) throw cause;
      else throw new Failure('cannot-write', `cannot write ${path}`, { cause });
    }
  }
  return { written, kept };
}

/** Level by level: below /proc Node's recursive mkdir never ends. */
function makeFolder(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  makeFolder(dirname(path));
  mkdirSync(path);
}
