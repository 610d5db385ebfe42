import { readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { freshFolder } from './folder.ts';

/** A PATH with every program of this host but those whose names match. */
export function pathWithout(names: RegExp): string {
  const bin = freshFolder();
  for (const folder of ['/usr/bin', '/usr/sbin'])
    for (const name of readdirSync(folder)) {
      if (names.test(name)) continue;
      try {
        symlinkSync(join(folder, name), join(bin, name));
      } catch {
        // /usr/bin has it too.
      }
    }
  return bin;
}
