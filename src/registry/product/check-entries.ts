import { readdirSync } from 'node:fs';
import { lstat, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/index.ts';
import { hashFile } from '../../store/index.ts';
import type { ProductEntry } from './product-index.ts';
import { markFile } from './pulled-mark.ts';

/** Makes sure that a folder has what an index says, and nothing else. @throws Failure 'digest-mismatch' */
export async function checkEntries(folder: string, entries: readonly ProductEntry[]): Promise<void> {
  const known = new Set(entries.map(({ path }) => path));
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }))
    if (!known.has(path) && path !== markFile) await rm(join(folder, path), { recursive: true, force: true });
  for (const entry of entries)
    if (!(await isAsSaid(folder, entry)))
      throw new Failure('digest-mismatch', `${entry.path} is not what the index of the product says`);
}

/** Is an entry in a folder what the index says? */
async function isAsSaid(folder: string, entry: ProductEntry): Promise<boolean> {
  const path = join(folder, entry.path);
  const stat = await lstat(path).catch(() => undefined);
  if (entry.type === 'directory') return stat?.isDirectory() === true;
  if (entry.type === 'symlink')
    return stat?.isSymbolicLink() === true && (await readlink(path)) === entry.target;
  return (
    stat?.isFile() === true &&
    stat.size === entry.size &&
    ((stat.mode & 0o111) !== 0) === entry.executable &&
    (await hashFile(path)).digest === entry.sha256
  );
}

/** Is a whole folder of the product there, from a pull that was interrupted later? */
export async function isTreeThere(
  folder: string,
  name: string,
  entries: readonly ProductEntry[],
): Promise<boolean> {
  for (const entry of entries)
    if ((entry.path === name || entry.path.startsWith(`${name}/`)) && !(await isAsSaid(folder, entry)))
      return false;
  return true;
}
