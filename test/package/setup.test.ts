import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { hostTools, packageRoot } from '../../src/host/index.ts';
import { freshFolder } from '../rig/folder.ts';

/** A checkout without its npm packages, and a PATH on which there is an npm that fails and nothing else but `tools`. */
function setUp(tools: readonly string[]): { status: number | null; stderr: string } {
  const root = freshFolder();
  for (const path of ['bin', 'package.json', 'package-lock.json', 'src/host/programs/host-tools.json'])
    cpSync(join(packageRoot, path), join(root, path), { recursive: true });
  const path = join(root, 'path');
  mkdirSync(path);
  writeFileSync(join(path, 'npm'), '#!/bin/sh\necho "npm $*" >&2\nexit 1\n');
  chmodSync(join(path, 'npm'), 0o755);
  // Whatever they are: they are looked for, not started.
  for (const tool of tools) symlinkSync('npm', join(path, tool));
  return spawnSync(process.execPath, [join(root, 'bin/setup.mjs')], {
    env: { PATH: path },
    encoding: 'utf8',
  });
}

it('tells what the host lacks before npm ci begins, in one list', () => {
  const { status, stderr } = setUp(['tar']);
  const [list = '', npm = ''] = stderr.split('Installing the npm packages');
  expect(npm).toContain('npm ci --include=dev');
  expect(list).toContain('  bubblewrap  runs steps inside their buildroot\n');
  expect(list).toMatch(/apt-get install --no-install-recommends .*bubblewrap.* git subversion\n/);
  expect(list).not.toContain('unpacks buildroots');
  expect(status).toBe(1);
});

it('says nothing of a host that lacks nothing', () => {
  expect(setUp(hostTools.map(({ tool }) => tool)).stderr).toMatch(/^Installing the npm packages/);
});
