import { dirname, resolve } from 'node:path';
import { diskSpace, noSpace } from '../host/index.ts';

/** Refuses what is visibly too large for the disk. @throws Failure 'no-space' before a first byte is written */
export async function checkFreeSpace(output: string, bytes: number): Promise<void> {
  const folder = dirname(resolve(output));
  const space = diskSpace(folder);
  if (space !== undefined && space.free < bytes) throw noSpace(folder, { needed: bytes });
  return Promise.resolve();
}
