import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** When something in a folder was changed last, in whole seconds as a volume keeps them: the same wherever it lies. */
export async function newestChange(folder: string): Promise<Date> {
  let newest = 0;
  const open = [folder];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    for (const each of await readdir(next, { withFileTypes: true })) {
      const path = join(next, each.name);
      const { mtimeMs } = await lstat(path);
      newest = Math.max(newest, Math.floor(mtimeMs / 1000));
      if (each.isDirectory()) open.push(path);
    }
  }
  return new Date(newest * 1000);
}
