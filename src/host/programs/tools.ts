import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { askProgram } from './ask-program.ts';

/** Where programs are looked for: PATH, and the folders an ordinary user's PATH leaves out. */
const searchPath = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'].filter(
  (dir) => dir !== '',
);

/** The absolute path of a program, or undefined where none exists. */
export function findTool(name: string): string | undefined {
  for (const folder of searchPath) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      if (statSync(path).isFile()) return path;
    } catch {
      // Not here: the next folder.
    }
  }
  return undefined;
}

/** The first line a program says of its version, or of itself; empty when it says nothing. */
export function toolVersion(path: string): string {
  const answer = askProgram(path, ['--version']);
  return answer?.exitCode === 0 ? (answer.stdout.split('\n')[0]?.trim() ?? '') : '';
}

/** A word that changes whenever the program's file does: its path, size and modification time. */
export function toolIdentity(path: string): string {
  const { size, mtimeMs, ino } = statSync(path);
  return `${path} ${size} ${mtimeMs} ${ino}`;
}
