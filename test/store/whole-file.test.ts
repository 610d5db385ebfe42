import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openMemo, openStore } from '../../src/store/index.ts';
import { freshFolder } from '../rig/folder.ts';

test('what a garbage collector took for a stray while it was written is written again', async () => {
  const store = openStore(join(freshFolder(), 'store'));
  const folder = join(store.root, 'tmp');
  const state = { written: false };
  const writing = openMemo(store, 'facts')
    .set('fact', 'x'.repeat(1 << 20))
    .finally(() => (state.written = true));
  let taken = 0;
  while (!state.written && taken === 0) {
    for (const name of readdirSync(folder)) {
      rmSync(join(folder, name), { force: true });
      taken += 1;
    }
    await setImmediate();
  }
  await writing;
  expect(taken).toBe(1);
  expect(readFileSync(join(store.root, 'history/facts.json'), 'utf8')).toContain('"fact"');
  expect(readdirSync(folder)).toEqual([]);
});
