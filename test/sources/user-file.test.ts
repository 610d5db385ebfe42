import { renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sha256 } from '../../src/base/index.ts';
import { hashUserFile, openUserFiles } from '../../src/sources/index.ts';
import { freshContext } from './store-rig.ts';

const { store, folder } = freshContext();
const path = join(folder, 'installer.dmg');

test("a user's file is hashed once and remembered over processes", async () => {
  writeFileSync(path, 'one');
  expect(openUserFiles(store).known(path)).toBeUndefined();
  expect(await hashUserFile(store, path)).toBe(sha256('one'));
  expect(openUserFiles(store).known(path)).toBe(sha256('one'));
});

test('it is hashed again when its size, its time or its inode is another', async () => {
  const { atime, mtime } = statSync(path);
  writeFileSync(path, 'two');
  expect(await hashUserFile(store, path)).toBe(sha256('two'));
  writeFileSync(`${path}.new`, 'six');
  utimesSync(`${path}.new`, atime, mtime);
  renameSync(`${path}.new`, path);
  expect(openUserFiles(store).known(path)).toBeUndefined();
  expect(await hashUserFile(store, path)).toBe(sha256('six'));
});

test('a file that is not there, or a folder, is a Failure', async () => {
  await expect(hashUserFile(store, join(folder, 'not-there'))).rejects.toMatchObject({
    code: 'no-file',
  });
  await expect(hashUserFile(store, folder)).rejects.toMatchObject({ code: 'no-file' });
});

test('a file that the system does not let read is a Failure with its reason', async () => {
  await expect(hashUserFile(store, '/proc/self/mem')).rejects.toMatchObject({
    code: 'no-user-file',
    message: '/proc/self/mem cannot be read: i/o error',
  });
});
