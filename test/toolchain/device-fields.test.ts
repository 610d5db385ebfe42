import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fillDeviceFields } from '../../scripts/buildroot/device-fields.ts';
import { freshFolder } from '../rig/folder.ts';

const block = 512;

/** As GNU tar from 1.35 on writes it: the numbers of a device are empty where there is none. */
function emptied(archive: Buffer): { readonly bytes: Buffer; readonly headers: number } {
  const bytes = Buffer.from(archive);
  let headers = 0;
  for (let at = 0; bytes[at] !== 0; headers++) {
    const header = bytes.subarray(at, at + block);
    const size = '12'.includes(String.fromCharCode(header[156] ?? 0))
      ? 0
      : parseInt(header.toString('latin1', 124, 136), 8);
    header.fill(0, 329, 345);
    header.fill(' ', 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    at += block + Math.ceil(size / block) * block;
  }
  return { bytes, headers };
}

test('an archive of a newer tar becomes the one that an older tar writes', () => {
  const folder = freshFolder();
  const tree = join(folder, 'tree');
  mkdirSync(join(tree, 'inner'), { recursive: true });
  writeFileSync(join(tree, 'inner/apples'), 'apples '.repeat(200));
  writeFileSync(join(tree, 'empty'), '');
  linkSync(join(tree, 'inner/apples'), join(tree, 'pears'));
  symlinkSync('inner/apples', join(tree, 'link'));
  const path = join(folder, 'a.tar');
  execFileSync('tar', ['--format=ustar', '--sort=name', '-cf', path, '-C', tree, '.']);
  const list = (): string => execFileSync('tar', ['-tvf', path], { encoding: 'utf8' });
  fillDeviceFields(path);
  const [filled, listed] = [readFileSync(path), list()];
  expect(fillDeviceFields(path)).toBe(0);

  const { bytes, headers } = emptied(filled);
  expect(headers).toBe(6);
  expect(bytes.equals(filled)).toBe(false);
  writeFileSync(path, bytes);
  expect(fillDeviceFields(path)).toBe(headers);
  expect(readFileSync(path).equals(filled)).toBe(true);
  // Their checksums are right.
  expect(list()).toBe(listed);
});
