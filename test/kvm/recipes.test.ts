import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/host/index.ts';
import { freshFolder } from '../rig/folder.ts';
import { events, testProject } from '../rig/project.ts';
import {
  bookwormModules,
  build,
  buildsWithKvmKmod,
  checkModules,
  patience,
  run,
  set,
  standIn,
} from './building.ts';

const bookworm = '6.1.0-50-amd64 SMP preempt mod_unload modversions';
describe('the recipe kvm-modules', () => {
  it(
    'answers that nothing needs building for a kernel that has all fixes, and says why',
    async () => {
      const folder = await build('kvm-modules', []);
      const report = readFileSync(join(folder, 'report.txt'), 'utf8');
      expect(report).toMatch(/^Linux 6\.1\.0-50-amd64 needs no KVM modules of ours$/m);
      expect(report).toMatch(/^nothing was built/m);
    },
    patience,
  );

  it(
    "builds the three modules of Debian's kernel",
    async () => {
      const folder = await build('kvm-modules', bookwormModules);
      checkModules(folder, bookworm);
      const report = readFileSync(join(folder, 'report.txt'), 'utf8');
      expect(report).toMatch(/^KVM of Linux 6\.1\.176 for 6\.1\.0-50-amd64, vermagic "6\.1\.0-50-amd64 SMP /);
    },
    patience,
  );

  it(
    'refuses a kernel of another series and one that is not there',
    async () => {
      const project = testProject({});
      const other = set({ release: 'bookworm', build: 'always' });
      mkdirSync(join(project.root, 'linux'));
      writeFileSync(join(project.root, 'linux/Makefile'), 'VERSION = 5\nPATCHLEVEL = 10\nSUBLEVEL = 1\n');
      const { code, stdout } = await run(project, [
        'run',
        'kvm-modules',
        ...other,
        '--source',
        'kvm-modules.linux=linux',
      ]);
      expect(code).toBe(1);
      expect(stdout).toMatch(/KVM of Linux 5\.10\.1 is not built for Linux 6\.1\.0-50-amd64/);
    },
    patience,
  );
});

describe('the recipe kvm-kmod', () => {
  const source = ['--source', `kvm-kmod.tree=${standIn}`];

  it(
    'brings KVM of Linux 6.1 to the headers of bookworm',
    () => buildsWithKvmKmod({ release: 'bookworm', linux: '6.1.176', vermagic: bookworm }),
    patience,
  );

  it(
    "shows the reason of kvm-kmod's configure when it does not take kernel B",
    async () => {
      const tree = freshFolder();
      cpSync(standIn, tree, { recursive: true });
      writeFileSync(join(tree, 'configure'), '#!/bin/sh\necho "KVM is off in $1"\nexit 1\n');
      const args = set({ release: 'bookworm', build: 'always' });
      const { code, stdout } = await run(testProject({}), [
        ...['run', 'kvm-kmod', '--json', '--source', `kvm-kmod.tree=${tree}`],
        ...args,
      ]);
      expect(code).toBe(1);
      expect(events(stdout).find(({ type }) => type === 'step-failed')).toMatchObject({
        message: expect.stringMatching(
          /configure does not support Linux 6\.1\.0-50-amd64:\nKVM is off in --kerneldir=/,
        ) as string,
      });
    },
    patience,
  );

  it(
    'refuses a pair that the tag does not serve, with the range and the alternative',
    async () => {
      const args = set({ tag: 'kvm-kmod-3.10.21', release: 'bookworm', linux: '6.1.176' });
      const { code, stdout } = await run(testProject({}), ['run', 'kvm-kmod', '--json', ...source, ...args]);
      expect(code).toBe(1);
      expect(events(stdout).find(({ type }) => type === 'step-failed')).toMatchObject({
        message: expect.stringContaining('It serves kernel A 3.10 for kernel B 2.6.24 to 3.10.') as string,
        hint: 'Both are 6.1: the recipe kvm-modules builds them without kvm-kmod.',
      });
    },
    patience,
  );

  it(
    'says that its upstream is not locked or out of reach, and how to go on',
    async () => {
      const recipe = readFileSync(join(packageRoot, 'recipes/kvm-kmod.yaml'), 'utf8');
      const project = testProject({
        'recipes/kvm-kmod.yaml': recipe
          .replaceAll(/https:\S+?\.git/g, 'http://127.0.0.1:9/kvm-kmod.git')
          .replace(/ {2}linux:\n {4}debian:(.*\n){3}/, ''),
        'recipes/patches/x.patch': '',
        'scripts/kvm-kmod.ts': '',
        'scripts/kvm-check.ts': '',
      });
      const not = await run(project, ['run', 'kvm-kmod']);
      expect(not.code).toBe(2);
      expect(not.stderr).toMatch(
        /^error: The source kvm-kmod\.tree, http:\S+@master, is not locked\.\nhint: Run `cidermill lock kvm-kmod` /m,
      );
      expect(not.stderr).toContain('--source kvm-kmod.tree=FOLDER');
      const lock = await run(project, ['lock', 'kvm-kmod', '--set', 'tag=kvm-kmod-3.10.21']);
      expect(lock.code).toBe(1);
      expect(lock.stderr).toMatch(/http:\S+kvm-kmod\.git could not be downloaded/);
      expect(lock.stderr).toContain('--source kvm-kmod.tree=FOLDER');
    },
    patience,
  );
});
