import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freshFolder } from '../../rig/folder.ts';
import { build, changedTree, sha256 } from './trees.ts';
import { promptOf, withTables } from './upstream.ts';

/* One tree of each kind; real-trees.heavy.test.ts has the others. */

/** The folder, put before all others in PATH, where llvm-objdump writes a letter a call to a file and does its work. */
function countingObjdump(): { readonly env: { readonly PATH: string }; calls(): number } {
  const folder = freshFolder();
  const real = execFileSync('which', ['llvm-objdump'], { encoding: 'utf8' }).trim();
  const log = join(folder, 'calls');
  writeFileSync(join(folder, 'llvm-objdump'), `#!/bin/sh\nprintf x >> ${log}\nexec ${real} "$@"\n`);
  chmodSync(join(folder, 'llvm-objdump'), 0o755);
  return {
    env: { PATH: `${folder}:${process.env['PATH'] ?? ''}` },
    calls: () => (existsSync(log) ? readFileSync(log, 'utf8').length : 0),
  };
}

describe('the check for SSE', { timeout: 120_000 }, () => {
  it('ends soon where tables of jumps stand beside pointers to strings, and strings are no code', async () => {
    const counting = countingObjdump();
    const made = freshFolder();
    const { code, stdout } = await build(changedTree(withTables), [], made, counting.env);
    expect(stdout).not.toContain('it uses SSE');
    expect(code, stdout).toBe(0);
    expect(counting.calls()).toBeLessThan(10);
    // The same image without a map.
    const prebuilt = countingObjdump();
    const digest = sha256(join(made, 'boot'));
    const taken = await build(
      made,
      ['--set', 'via=prebuilt', '--set', `sha256=${digest}`],
      undefined,
      prebuilt.env,
    );
    expect(taken.code, taken.stdout).toBe(0);
    expect(prebuilt.calls()).toBeLessThan(10);
  });
});

describe('a tree as upstream has had it', { timeout: 120_000 }, () => {
  it("may link by the linker's own name", async () => {
    const made = freshFolder();
    const { code, stdout } = await build(
      changedTree({
        'i386/boot2/Makefile': (text) =>
          text.replace(
            /@\$\(CC\) -Wl,-preload[^]*?-o \$\{SYMROOT\}\/\$@\.sys/,
            '@$(BINROOT)/ld_classic -static -segalign 20 -segaddr __INIT 20200 -preload -o ${SYMROOT}/$@.sys $(filter %.o,$^) $(LIBS)',
          ),
      }),
      [],
      made,
    );
    expect(code, stdout).toBe(0);
    expect(await promptOf(join(made, 'boot'))).toContain('boot:');
  });
});

describe('a tree that cannot be built', { timeout: 120_000 }, () => {
  it('says that no command links it', async () => {
    const { code, stdout } = await build(
      changedTree({
        'i386/boot2/Makefile': (text) => text.replace('@$(CC) -Wl,-preload', '@mystery -Wl,-preload'),
      }),
      [],
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(/no command in i386\/boot2 links it/);
  });

  it('shows what its own configuration program says', async () => {
    const { code, stdout } = await build(changedTree({ 'i386/Cconfig': (text) => `${text}\nteapot\n` }), []);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^ {4}the tree.s cconfig ended with exit code 1$/m);
    expect(stdout).toMatch(/^ {4}i386\/Cconfig:13: unknown word "teapot"$/m);
  });
});
