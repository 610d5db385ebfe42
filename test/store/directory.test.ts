import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listOutput } from '../../src/store/trees/directory.ts';
import { openStore, outputPath, putOutput, readListing, type Store } from '../../src/store/index.ts';
import { freshFolder } from '../rig/folder.ts';

/** A directory as a build might leave it. */
function madeOutput(store: Store): string {
  const folder = join(store.root, 'tmp', 'out');
  mkdirSync(join(folder, 'qemu/bin'), { recursive: true });
  mkdirSync(join(folder, 'qemu/empty'));
  writeFileSync(join(folder, 'qemu/bin/run'), '#!/bin/sh\necho ran\n');
  chmodSync(join(folder, 'qemu/bin/run'), 0o755);
  writeFileSync(join(folder, 'qemu/data'), 'data');
  symlinkSync('bin/run', join(folder, 'qemu/start'));
  return folder;
}

describe('a directory output', () => {
  it('comes back with its programs executable, its links and its empty folders', async () => {
    const store = openStore(freshFolder());
    const output = await putOutput(store, madeOutput(store), 'qemu/');
    const path = await outputPath(store, output);
    expect(execFileSync(join(path, 'start')).toString()).toBe('ran\n');
    expect(readlinkSync(join(path, 'start'))).toBe('bin/run');
    expect(statSync(join(path, 'empty')).isDirectory()).toBe(true);
    expect(readFileSync(join(path, 'data'), 'utf8')).toBe('data');
    expect(statSync(join(path, 'data')).mode & 0o222).toBe(0);
  });

  it('has the same digest in another store, and a listing sorted by path', async () => {
    const [store, other] = [openStore(freshFolder()), openStore(freshFolder())];
    const first = await putOutput(store, madeOutput(store), 'qemu/');
    expect((await putOutput(other, madeOutput(other), 'qemu/')).digest).toBe(first.digest);
    expect(readListing(store, first.digest).map(({ path }) => path)).toEqual([
      'bin',
      'bin/run',
      'data',
      'empty',
      'start',
    ]);
  });

  it.each([
    ['an absolute link', '/etc/passwd'],
    ['a link that climbs out', '../../secret'],
  ])('is refused with %s', async (_what, target) => {
    const store = openStore(freshFolder());
    const folder = madeOutput(store);
    symlinkSync(target, join(folder, 'qemu/bin/out'));
    await expect(putOutput(store, folder, 'qemu/')).rejects.toMatchObject({ code: 'bad-output' });
  });

  it('is refused when it is declared as a folder and is a file', async () => {
    const store = openStore(freshFolder());
    const folder = madeOutput(store);
    writeFileSync(join(folder, 'file'), 'x');
    for (const take of [putOutput(store, folder, 'file/'), listOutput(folder, 'file/')])
      await expect(take).rejects.toMatchObject({
        code: 'bad-output',
        message: 'the output file/ is declared as a folder, and it is not one',
      });
  });
});
