import { relative } from 'node:path';
import { Failure } from '../../base/index.ts';

/** sun_path has 108 bytes on Linux and 104 on macOS, one of them the ending NUL. */
const longest = 103;

/**
 * A spelling of a unix socket's path that is short enough for connect(2): as given, or from the working directory.
 * @throws Failure 'socket-path-too-long'
 */
export function connectable(path: string): string {
  const spellings = [path, relative(process.cwd(), path)];
  const short = spellings.find((spelling) => Buffer.byteLength(spelling) <= longest);
  if (short !== undefined) return short;
  throw new Failure('socket-path-too-long', `a unix socket cannot have the path ${path}`, {
    hint: `It may have ${longest} bytes: work in a folder with a shorter path.`,
  });
}
