#!/usr/bin/env node
// @ts-check
// The `cidermill` command: makes a checkout ready, then runs the built command line in this process, unless there is
// nothing to do for it.
import { join } from 'node:path';
import { keepCompiled, keptFolder } from './compile-cache.mjs';
import { closeInherited } from './descriptors.mjs';
import { root, setUp } from './setup.mjs';

await setUp();
keepCompiled();
const memories = keptFolder('up-to-date');
// @ts-ignore TS2307: built by setUp.
const { isUpToDate, watchRun } = await import('../dist/up-to-date.js');
if (!isUpToDate(memories)) {
  await closeInherited();
  await watchRun(memories, join(root, 'dist/cidermill.js'));
  // @ts-ignore TS2307: built by setUp.
  await import('../dist/cidermill.js');
}
