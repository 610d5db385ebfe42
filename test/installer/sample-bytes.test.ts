import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { sha256 } from '../../src/base/index.ts';
import { makeSample } from '../../src/installer/index.ts';
import { freshFolder } from '../rig/folder.ts';

const samples = [
  { version: '10.7.5', map: 'apm', size: 5 * 2 ** 20 },
  { version: '10.10.5', map: 'gpt', size: 12 * 2 ** 20 },
] as const;

it('a sample is the same bytes by every Node, whichever zlib it was built with', async () => {
  // Written by Node 20 with its own zlib and by Debian's Node 20 and 24 with Debian's: where they differed, the golden file
  // would fit one of them alone.
  const golden = JSON.parse(
    readFileSync(join(import.meta.dirname, '../golden/samples.json'), 'utf8'),
  ) as unknown;
  const kernel = Buffer.concat([Buffer.from('a stand-in kernel\n'), Buffer.alloc(300_000, 'kernel')]);
  const digests: Record<string, string> = {};
  for (const sample of samples) {
    const path = join(freshFolder(), 'sample.dmg');
    await makeSample({ ...sample, kernel }, path);
    digests[sample.version] = sha256(readFileSync(path));
  }
  expect(digests).toEqual(golden);
}, 120_000);
