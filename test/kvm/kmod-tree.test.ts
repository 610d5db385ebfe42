import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { $ } from 'zx';
import { sourceOfKbuild } from '../../scripts/kvm/build.ts';
import { onlyX86, readySync, syncTarget } from '../../scripts/kvm/sync.ts';
import { packageRoot } from '../../src/host/index.ts';
import { freshFolder } from '../rig/folder.ts';

/** A kernel B of a few files, whose build says where its headers are looked for. */
function layOutKernel(folder: string, source: string): void {
  mkdirSync(join(folder, 'include/config'), { recursive: true });
  writeFileSync(join(folder, 'include/config/kernel.release'), '5.4.1\n');
  writeFileSync(join(folder, '.config'), 'CONFIG_PREEMPT_NOTIFIERS=y\n');
  writeFileSync(join(folder, 'Makefile'), `srctree := ${source}\nall:\n\t@echo $(LINUXINCLUDE)\n`);
}

describe("kvm-kmod's own make", () => {
  it.each(['lib/modules/5.4.1/build', 'opt/headers'])(
    "looks for kernel B's headers where its build has them, if that is in %s",
    (path) => {
      const root = freshFolder();
      const [tree, kernel] = [join(root, 'tree'), join(root, path)];
      cpSync(join(packageRoot, 'test/fixtures/kvm-kmod'), tree, { recursive: true });
      layOutKernel(kernel, '/the/source');
      execFileSync('bash', ['configure', `--kerneldir=${kernel}`], { cwd: tree });
      const more = sourceOfKbuild(readFileSync(join(tree, 'config.mak'), 'utf8'));
      const said = execFileSync('make', ['-s', '--no-print-directory', ...more], {
        cwd: tree,
        encoding: 'utf8',
      });
      expect(said).toContain('-I/the/source/arch/x86/include/uapi');
      expect(said).not.toContain(root + '/lib');
      expect(said).not.toContain(root + '/opt');
    },
  );

  it('is left alone when the build folder is the whole tree', () => {
    expect(sourceOfKbuild('KERNELDIR=/usr/src/linux\nKERNELSOURCEDIR=\nKERNELVERSION=5.4.1\n')).toEqual([]);
  });
});

describe("kvm-kmod's sync", () => {
  it('is asked for modules alone where it makes headers for QEMU as well', () => {
    expect(syncTarget('sync:\n\t./sync -l $(LINUX)\n')).toBe('sync');
    expect(syncTarget('sync-kmod:\n\t./sync\n\nsync-hdr:\n\ttrue\n\nsync: sync-kmod sync-hdr\n')).toBe(
      'sync-kmod',
    );
  });

  it('leaves out the architectures that are not built', () => {
    expect(onlyX86("for arch in ['x86', 'ia64']:\n    header_sync(arch)\n")).toBe(
      "for arch in ['x86']:\n    header_sync(arch)\n",
    );
  });

  it('says what is missing where there is neither Python 2 nor 2to3', async () => {
    const root = freshFolder();
    for (const name of ['python2', 'python3'])
      writeFileSync(join(root, name), '#!/bin/sh\necho "No module named lib2to3" >&2\nexit 1\n', {
        mode: 0o755,
      });
    symlinkSync('/usr/bin/expand', join(root, 'expand'));
    const sync = join(root, 'sync');
    writeFileSync(sync, "#!/usr/bin/python\nprint 'hello'\n");
    const PATH = `${root}:/usr/bin:/bin`;
    const ready = readySync({ $: $({ quiet: true, env: { PATH } }) }, sync);
    await expect(ready).rejects.toMatchObject({
      code: 'no-python',
      message: expect.stringContaining('No module named lib2to3') as string,
      hint: expect.stringContaining('python3-lib2to3') as string,
    });
  });
});
