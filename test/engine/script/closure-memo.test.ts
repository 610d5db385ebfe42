import { statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { scriptClosure } from '../../../src/engine/script/ready-script.ts';
import { recallClosure } from '../../../src/engine/script/closure-memo.ts';
import { timerTick } from '../../../src/host/index.ts';
import type { Memo } from '../../../src/store/index.ts';
import { freshFolder } from '../../rig/folder.ts';

const body = (word: string): string => `console.log('${word}');\n`;

/** A project of one script, as one process after another finds it. */
function project(): {
  path: string;
  root: string;
  made: () => ReturnType<typeof scriptClosure>;
  known: () => boolean;
} {
  const root = freshFolder();
  const path = join(root, 'a.ts');
  writeFileSync(path, body('one'));
  const facts = new Map<string, string>();
  const process = (): Memo => ({
    get: (name) => facts.get(name),
    set: (name, value) => Promise.resolve(void facts.set(name, value)),
  });
  const name = [root, 'a.ts'].join('\n');
  return {
    ...{ path, root },
    made: () => scriptClosure({ root, script: 'a.ts', files: [] }, process()),
    known: () => recallClosure(process(), name) !== undefined,
  };
}

test('the closure of a script that was written a moment ago is remembered the first time', async () => {
  for (let i = 0; i < 10; i++) {
    const { made, known } = project();
    const first = await made();
    expect(known()).toBe(true);
    expect(await made()).toEqual(first);
  }
});

test('a folder that changes while its script is read does not hide a change of the script', async () => {
  const { path, root, made, known } = project();
  const first = await made();
  writeFileSync(join(root, 'new'), '');
  expect(known()).toBe(false);
  const { atime, mtime } = statSync(path);
  await wait(timerTick);
  writeFileSync(path, body('two'));
  utimesSync(path, atime, mtime);
  expect(await made()).not.toEqual(first);
  expect(known()).toBe(true);
});

test('files whose time lies years ahead are remembered like any other', async () => {
  const { path, root, made, known } = project();
  for (const each of [path, root]) utimesSync(each, 4e9, 4e9);
  await made();
  expect(known()).toBe(true);
  writeFileSync(path, body('two'));
  expect(known()).toBe(false);
});
