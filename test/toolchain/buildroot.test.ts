import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { packageRoot } from '../../src/host/index.ts';
import { freshFolder } from '../rig/folder.ts';
import { lookupProject } from './lookup-project.ts';

test('a buildroot made without a network, by root of a namespace with one user, is the same as any other', async () => {
  const project = lookupProject('make', 'make');
  const locked = await project.run(['lock']);
  expect(locked.code, locked.stderr).toBe(0);
  expect((await project.run(['fetch', 'lookup'])).code).toBe(0);
  const [here, alone] = [join(project.root, 'artifacts/.store'), join(freshFolder(), 'store')];
  cpSync(here, alone, { recursive: true, verbatimSymlinks: true });
  const run = await project.run(['run', 'lookup']);
  expect(run.code, run.stdout + run.stderr).toBe(0);

  const launch = [process.execPath, join(packageRoot, 'bin/cidermill.mjs'), '-C', project.root];
  const env = { ...process.env, NO_COLOR: '1', CIDERMILL_STORE: alone };
  const cut = spawnSync('unshare', ['-rn', ...launch, 'run', 'lookup'], { env, encoding: 'utf8' });
  expect(cut.status, cut.stdout + cut.stderr).toBe(0);
  expect(cut.stdout).toMatch(/tiny +done/);

  // What is hashed of the step has its buildroot's digest in it.
  const actionIn = async (store: string): Promise<string> =>
    (await project.run(['why', 'lookup', 'lookup', '--json'], { CIDERMILL_STORE: store })).stdout;
  expect(await actionIn(here)).toMatch(/"environment":.*[0-9a-f]{64}/s);
  expect(await actionIn(alone)).toBe(await actionIn(here));
}, 180_000);
