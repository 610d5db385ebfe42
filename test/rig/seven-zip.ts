import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { freshFolder } from './folder.ts';

/** The whole disk as 7-Zip decodes it: its files, one a block table, in the order of the sectors. */
export function sevenZipDisk(image: string): Buffer {
  const folder = freshFolder();
  execFileSync('7zz', ['x', '-tdmg', '-y', `-o${folder}`, image], { stdio: ['ignore', 'ignore', 'pipe'] });
  const names = readdirSync(folder).sort((a, b) => parseInt(a) - parseInt(b));
  const disk = Buffer.concat(names.map((name) => readFileSync(join(folder, name))));
  rmSync(folder, { recursive: true });
  return disk;
}
