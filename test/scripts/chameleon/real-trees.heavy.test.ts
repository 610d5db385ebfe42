import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freshFolder } from '../../rig/folder.ts';
import { build, changedTree, tablesAndStrings } from './trees.ts';
import { addObject, called, promptOf, withTables } from './upstream.ts';

describe('the check for SSE', { timeout: 120_000 }, () => {
  it('finds an instruction of SSE behind the last of the tables', async () => {
    const { code, stdout } = await build(
      changedTree({
        ...withTables,
        'i386/libsaio/tables.s': () =>
          tablesAndStrings().replace('case29_3:', 'case29_3:\n        movaps %xmm1, %xmm0'),
      }),
      [],
    );
    expect(code).toBe(1);
    expect(stdout).toMatch(/it uses SSE or MMX, .*movaps %xmm1, %xmm0 at 0x2[0-9a-f]{4}/);
  });
});

describe('a tree as upstream has had it', { timeout: 120_000 }, () => {
  it('may name a folder in another case than it has, as a Mac allows, also in an #include', async () => {
    const { code, stdout } = await build(
      changedTree({
        'i386/Cconfig': (text) => `source "i386/modules/FOOcodec/Cconfig"\n${text}`,
        'i386/modules/FooCodec/Cconfig': () => 'config FOOCODEC\n\tbool "Foo"\n\tdefault y\n',
        'i386/boot2/prompt.c': (text) =>
          `${text.replace('"libsa.h"', '"LibSA.h"')}\n#ifndef CONFIG_FOOCODEC\n#error "not configured"\n#endif\n`,
      }),
      [],
    );
    expect(code, stdout).toBe(0);
    expect(stdout).toContain('i386/modules/FOOcodec/Cconfig is taken from i386/modules/FooCodec/Cconfig');
  });

  it('may lack what its configuration refers to, where modules are off', async () => {
    const { code, stdout } = await build(
      changedTree({ 'i386/Cconfig': (text) => `${text}\nsource "i386/modules/Absent/Cconfig"\n` }),
      [],
    );
    expect(code, stdout).toBe(0);
    expect(stdout).toContain('i386/modules/Absent/Cconfig is not in the tree');
  });

  it('may have plain inline functions, as C was before 1999', async () => {
    const { code, stdout } = await build(
      changedTree({
        'i386/libsaio/Makefile': addObject('draw'),
        'i386/libsaio/draw.c': () =>
          [
            '#include "saio.h"',
            'void draws(void);',
            'void place(int);',
            'inline void draw(int n) {',
            ...Array.from({ length: 40 }, (_, index) => `  place(n + ${index}); place(n * ${index + 3});`),
            '}',
            'void place(int n) { putchar((char)n); }',
            'void draws(void) { draw(1); draw(2); draw(3); }',
          ].join('\n'),
        'i386/boot2/boot.c': called('draws'),
      }),
      [],
    );
    expect(code, stdout).toBe(0);
  });

  it('may name the edges of sections by symbols of their own form', async () => {
    const made = freshFolder();
    const { code, stdout } = await build(
      changedTree({
        'i386/boot2/boot.c': (text) =>
          text
            .replace(/^extern char bss_start .*$/m, 'extern char _DATA__bss__begin, _DATA__bss__end;')
            .replace(/^extern char bss_end .*\n/m, '')
            .replace(
              /^extern char common_start .*$/m,
              'extern char _DATA__common__begin, _DATA__common__end;',
            )
            .replace(/^extern char common_end .*\n/m, '')
            .replaceAll('bss_start', '_DATA__bss__begin')
            .replaceAll('bss_end', '_DATA__bss__end')
            .replaceAll('common_start', '_DATA__common__begin')
            .replaceAll('common_end', '_DATA__common__end'),
      }),
      [],
      made,
    );
    expect(code, stdout).toBe(0);
    expect(await promptOf(join(made, 'boot'))).toContain('boot:');
  });

  it('may have naked functions that say where they do not come back', async () => {
    const { code, stdout } = await build(
      changedTree({
        'i386/libsaio/Makefile': addObject('stub'),
        'i386/libsaio/stub.c': () =>
          'void stub(void);\n' +
          '__attribute__((naked, noreturn)) void stub(void) { __asm__ volatile("iretl" : ); __builtin_unreachable(); }\n',
      }),
      [],
    );
    expect(code, stdout).toBe(0);
  });

  it('may call what only modules have, of its libraries', async () => {
    const { code, stdout } = await build(
      changedTree({
        'i386/libsaio/Makefile': addObject('graph'),
        'i386/libsaio/graph.c': () =>
          'int is_module_loaded(const char *name);\nvoid graph(void);\n' +
          'void graph(void) { if (is_module_loaded("Resolution.dylib")) for (;;); }\n',
        'i386/boot2/boot.c': (text) =>
          `${called('graph')(text)}\n#if CONFIG_MODULES\nint is_module_loaded(const char *name) { return 1; }\n#endif\n`,
      }),
      [],
    );
    expect(code, stdout).toBe(0);
  });
});

describe('a tree that cannot be built', { timeout: 120_000 }, () => {
  it('says which tool chain of its own it has', async () => {
    const { code, stderr } = await build(
      changedTree({
        'Make.rules': (text) => text.replaceAll('@$(CC) ', '@i686-elf-gcc '),
        'i386/config/Makefile': (text) =>
          text.replace(
            'all:',
            '$(OBJROOT)/%.o32: %.c\n\t@$(CC) $(DEFINES) -c $(INC) -arch i386 $< -o $@\nall:',
          ),
      }),
      [],
    );
    expect(code).toBe(1);
    expect(stderr).toMatch(/compiles i386\/boot2 with i686-elf-gcc, a tool chain of its own/);
    expect(stderr).toContain('via=prebuilt');
  });

  it('says which trees there are in a folder that has several', async () => {
    const around = freshFolder();
    for (const name of ['branches/fast', 'trunk', 'tags/old/deep'])
      mkdirSync(join(around, name), { recursive: true });
    for (const name of ['branches/fast', 'trunk'])
      execFileSync('cp', ['-R', `${changedTree({})}/.`, join(around, name)]);
    const { code, stderr } = await build(around, []);
    expect(code).toBe(1);
    expect(stderr).toContain('Give one of the trees in it: branches/fast, trunk');
  });

  it('says in which file it has what only modules compile', async () => {
    const { code, stdout } = await build(
      changedTree({
        'i386/libsaio/Makefile': addObject('hooks'),
        'i386/libsaio/hooks.c': () =>
          'int run_hook(int);\nvoid hooks(void);\nvoid hooks(void) { run_hook(1); }\n',
        'i386/boot2/boot.c': (text) =>
          `${called('hooks')(text)}\n#if CONFIG_MODULES\nint run_hook(int n) {\n  return n;\n}\n#endif\n`,
      }),
      [],
    );
    expect(code).toBe(1);
    expect(stdout).toContain('_run_hook, wanted by');
    expect(stdout).toContain('run_hook in i386/boot2/boot.c, which is not compiled with this `config`');
  });
});
