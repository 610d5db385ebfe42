import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { blobPath, linkBlob, openStore, putBytes } from '../../src/store/index.ts';
import { freshFolder } from '../rig/folder.ts';

it('a blob gets a second name, and on another file system a copy', async () => {
  const folder = freshFolder();
  const store = openStore(join(folder, 'store'));
  const { digest } = await putBytes(store, 'a package');
  const blob = statSync(blobPath(store, digest));
  linkBlob(store, digest, join(folder, 'near'));
  expect(statSync(join(folder, 'near')).ino).toBe(blob.ino);

  const elsewhere = mkdtempSync('/dev/shm/cidermill-');
  onTestFinished(() => rmSync(elsewhere, { recursive: true }));
  expect(statSync(elsewhere).dev).not.toBe(blob.dev);
  linkBlob(store, digest, join(elsewhere, 'far'));
  expect(readFileSync(join(elsewhere, 'far'), 'utf8')).toBe('a package');
  expect(() => linkBlob(store, digest, join(elsewhere, 'far'))).toThrow('EEXIST');
});
