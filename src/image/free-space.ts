import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Failure } from '../base/index.ts';

/** Refuses what is visibly too large for the disk. @throws Failure 'no-space' before a first byte is written */
export async function checkFreeSpace(output: string, bytes: number): Promise<void> {
  const stat = await statfs(dirname(output)).catch(() => undefined);
  if (stat === undefined) return;
  const free = stat.bavail * stat.bsize;
  if (free >= bytes) return;
  const [needed, have] = [bytes, free].map((each) => `${Math.ceil(each / 2 ** 20)} MiB`);
  throw new Failure('no-space', `${output} takes ${needed} and its disk has ${have} left`, {
    hint: 'Free some space, or write to another disk.',
  });
}
