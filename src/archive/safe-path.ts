import { Failure } from '../base/index.ts';

/** As long as a path, and a name in it, can be on Linux: PATH_MAX less the folder that it is unpacked in, NAME_MAX. */
const longestPath = 3072;
const longestName = 255;

/** A name as a message shows it. */
export function shown(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name);
}

/** An entry's name without "./" and doubled slashes; '' is the root itself. @throws Failure 'hostile-archive' for a name that leaves the folder */
export function safePath(name: string): string {
  const length = Buffer.byteLength(name);
  if (length > longestPath) throw hostile(`a name has ${length} bytes: ${shown(name)}`);
  const long = name.split('/').find((part) => Buffer.byteLength(part) > longestName);
  if (long !== undefined) throw hostile(`a name has ${Buffer.byteLength(long)} bytes: ${shown(long)}`);
  if (name.startsWith('/')) throw hostile(`the name ${name} is absolute`);
  if (name.includes('\0')) throw hostile(`the name ${JSON.stringify(name)} has a NUL in it`);
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw hostile(`the name ${name} leaves the archive's folder`);
  return parts.join('/');
}

/** @throws Failure 'hostile-archive' for a link without a target */
export function linkTarget(path: string, target: string | null): string {
  if (target === null || target === '' || target.includes('\0'))
    throw hostile(`the link ${path} has no target`);
  return target;
}

/** The failure of an archive that no writer means well with. */
export function hostile(message: string): Failure {
  return new Failure('hostile-archive', `the archive is refused: ${message}`);
}
