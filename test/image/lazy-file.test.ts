import { appendFileSync, linkSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { lazyFile } from '../../src/image/edit/lazy-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'lazy-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a file that has got another name since it was found is read; one that was written to is refused', async () => {
  const path = join(folder, 'file');
  writeFileSync(path, 'content');
  const file = lazyFile(path, statSync(path));
  linkSync(path, join(folder, 'other name'));
  expect(Buffer.from(await file.read(0, 7)).toString()).toBe('content');
  appendFileSync(path, ' and more');
  await expect(file.read(0, 7)).rejects.toMatchObject({ code: 'file-changed' });
});
