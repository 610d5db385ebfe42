import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { byRename } from '../../src/image/by-rename.ts';

const folder = mkdtempSync(join(tmpdir(), 'by-rename-'));
afterAll(() => rmSync(folder, { recursive: true }));

test.each(['replaced', 'set-aside'] as const)(
  'a file that is there gives way (%s) when the new one is whole, stays when it is not, and nothing is left beside',
  async (present) => {
    const output = join(folder, present);
    writeFileSync(output, 'old');
    await byRename(output, (partial) => writeFile(partial, 'new'), { present });
    expect(readFileSync(output, 'utf8')).toBe('new');
    const failing = byRename(output, () => Promise.reject(new Error('it failed')), { present });
    await expect(failing).rejects.toThrow('it failed');
    // Nothing was written: the rename itself fails.
    const missing = byRename(output, () => Promise.resolve(), { present });
    await expect(missing).rejects.toMatchObject({ code: 'cannot-write' });
    expect(readFileSync(output, 'utf8')).toBe('new');
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  },
);
