import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../../src/host/index.ts';
import { boot } from '../../../src/vm/index.ts';
import { fileFolder, freshFolder } from '../../rig/folder.ts';
import { testProject } from '../../rig/project.ts';
import { build, changedTree, sha256, tree, type Changes } from './trees.ts';

const identity = ['--set', 'revision=77', '--set', 'date=2011-02-03'];
/** What the first test makes and the next ones look at. */
const made = fileFolder();

describe('the recipe chameleon, with a tree of the same shape', { timeout: 120_000 }, () => {
  it('builds a loader, and says how', async () => {
    const { code, stdout, stderr } = await build(tree, identity, made);
    expect(stderr).toBe('');
    expect(stdout).toMatch(/cross: \d+ bytes of at most 474624$/m);
    expect(stdout).toMatch(/no SSE in \d+ instructions of \d+ functions; not followed: \d+ calls and jumps/);
    expect(code).toBe(0);
    const about = JSON.parse(readFileSync(join(made, 'about/about.json'), 'utf8')) as object;
    expect(about).toMatchObject({ via: 'cross', revision: '77', date: '2011-02-03' });
    expect(about).toMatchObject({ sha256: sha256(join(made, 'boot')), header: { loadAddress: 0x120200 } });
    // Where the call of the BIOS comes back in real mode the code is of 16 bits, and is not read as code of 32.
    const unread = [expect.stringMatching(/^0x20[23][0-9a-f]{2}$/) as unknown];
    expect(about).toMatchObject({ code: { notFollowed: { unread, outsideCode: [] } } });
    const map = readFileSync(join(made, 'about/boot.map'), 'utf8');
    expect(map).toMatch(/^0x00020200\t0x[0-9A-F]{8}\t\[ {2}1\] boot2$/m);
    for (const helper of ['bzero', 'division', 'memmove']) expect(map).toContain(`libhelpers.a(${helper}.o)`);
    expect(map).not.toContain('unused.o');
  });

  it.each(['pc', 'q35'])('gives one that QEMU starts on %s, up to its prompt', async (machine) => {
    const { screen } = await boot({
      spawn,
      command: 'qemu-system-x86_64',
      args: [
        ...['-nodefaults', '-no-user-config', '-no-reboot', '-machine', machine, '-m', '512'],
        ...['-vga', 'std', '-kernel', join(made, 'boot')],
      ],
      folder: freshFolder(),
      milestones: [{ name: 'prompt', where: 'screen', pattern: /^boot:/ }],
      milliseconds: 60_000,
    });
    const text = screen.join('\n');
    expect(text).toContain('Stand-in boot v9.9 - version 1.0 r77\nBuild date: 2011-02-03 00:00:00');
    // A half, by the processor's floating point; ticks, by division of 64 bits.
    expect(text).toMatch(/^(500|499) of \d+ ticks, in thousandths$/m);
  });

  it('makes the same bytes of another checkout, whatever was built in it and whatever its history', async () => {
    const copy = changedTree({});
    mkdirSync(join(copy, '.svn'));
    writeFileSync(join(copy, '.svn/wc.db'), 'history');
    mkdirSync(join(copy, 'obj/i386/boot2'), { recursive: true });
    writeFileSync(join(copy, 'obj/i386/boot2/boot.o'), 'built on another day');
    writeFileSync(join(copy, 'vers.h'), '#error "stale"');
    const again = freshFolder();
    await build(copy, identity, again);
    expect(sha256(join(again, 'boot'))).toBe(sha256(join(made, 'boot')));
    expect(sha256(join(again, 'about/boot.map'))).toBe(sha256(join(made, 'about/boot.map')));
  });

  it('makes the same of a tree that has its rules for headers elsewhere, and under other names', async () => {
    const rule = /^HEADER_VERSION = [^]*?\n\n/m;
    let lines = '';
    const copy = changedTree({
      'Make.rules': (text) => {
        lines = rule.exec(text)?.[0].replace('$(SRCROOT)/vers.h', '$(SRCROOT)/sym/i386/vers.h') ?? '';
        return text.replace(rule, '');
      },
      'i386/boot2/Makefile': (text) =>
        text
          .replace('$(SYMROOT)/embedded.h $(OBJS)', 'embedded.h $(OBJS)')
          .replace('$(SYMROOT)/embedded.h:', 'embedded.h:'),
      Makefile: () => `SRCROOT = $(shell pwd)\n${lines}all: $(HEADER_VERSION)\n\t@cd i386 && $(MAKE) $@\n`,
      'i386/Makefile': () => 'all: what-only-a-mac-has\n',
    });
    const again = freshFolder();
    const { stdout } = await build(copy, identity, again);
    expect(stdout).toContain('cross: ');
    expect(sha256(join(again, 'boot'))).toBe(sha256(join(made, 'boot')));
  });

  it('takes a prebuilt one by its digest, and no other', async () => {
    const folder = freshFolder();
    cpSync(join(made, 'boot'), join(folder, 'boot'));
    const digest = sha256(join(made, 'boot'));
    const via = ['--set', 'via=prebuilt'];
    const taken = freshFolder();
    const fine = await build(folder, [...via, '--set', `sha256=${digest}`], taken);
    expect(fine.code).toBe(0);
    expect(sha256(join(taken, 'boot'))).toBe(digest);
    expect(readFileSync(join(taken, 'about/about.json'), 'utf8')).toContain('"via": "prebuilt"');
    const other = await build(folder, [...via, '--set', `sha256=${'0'.repeat(64)}`]);
    expect(other.stderr).toContain(`the loader has the sha256 ${digest}, expected ${'0'.repeat(64)}`);
    const unpinned = await build(folder, via);
    expect(unpinned.stderr).toContain('a prebuilt loader needs its digest');
    expect([other.code, unpinned.code]).toEqual([1, 1]);
  });

  it('refuses one with SSE in it', async () => {
    const flags = ['-std=gnu99', '-Os', '-static', '-fcommon', '-fno-builtin', '-fno-stack-protector'];
    const { code, stdout } = await build(tree, ['--set', `c-flags=[${flags.join(', ')}]`]);
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /the loader cannot be used: it uses SSE or MMX, .*%xmm\d at 0x2[0-9a-f]{4}, and \d+ more/,
    );
  });

  it('refuses one that is larger than boot sectors load, or loaded elsewhere', async () => {
    const prebuilt = ['--set', 'via=prebuilt', '--set', `sha256=${sha256(join(made, 'boot'))}`];
    const large = await build(made, [...prebuilt, '--set', 'limit=1000']);
    expect(large.stdout).toMatch(/the loader cannot be used: it has \d+ bytes, more than 1000/);
    const elsewhere = await build(made, [...prebuilt, '--set', 'load-address=1048576']);
    expect(elsewhere.stdout).toContain('it wants to be loaded at 0x120200, not at 0x100000');
  });

  it.each<[string, Changes, readonly string[], RegExp]>([
    [
      'a source that does not compile',
      { 'i386/libsa/string.c': (text) => `${text}\n#error "rotten"\n` },
      [],
      /tree\/i386\/libsa\/string\.c: string\.c:\d+:2: error: "rotten"/,
    ],
    [
      'a symbol that nobody has',
      { 'i386/libsaio/console.c': (text) => text.replace('teletype(c);', 'missing(c);') },
      [],
      /1 undefined symbol:\n\s+\| ?_missing, wanted by libsaio\.a\(console\.o\)|_missing, wanted by libsaio/,
    ],
    [
      'an object that no makefile makes',
      { 'i386/boot2/Makefile': (text) => text.replace('prompt.o', 'prompt.o nowhere.o') },
      [],
      /tree\/i386\/boot2: No rule to make target '.*nowhere\.o'/,
    ],
    [
      'another first object',
      { 'i386/boot2/Makefile': (text) => text.replace('boot2.o boot.o', 'boot.o boot2.o') },
      [],
      /the tree links boot\.o first, not boot2\.o/,
    ],
    [
      'a line of the configuration that it does not know',
      {},
      ['--set', 'config=[CONFIG_MODULES=n, CONFIG_TEAPOT=y]'],
      /CONFIG_TEAPOT=y/,
    ],
    [
      'variables that do not fit into memory',
      { 'i386/libsaio/console.c': (text) => `${text}\nchar much[512 * 1024];\n` },
      [],
      /the loader cannot be used: its variables end at 0x[ab][0-9a-f]{4}, behind 0x9fc00/,
    ],
    ['the way of a Mac', {}, ['--set', 'via=xcode'], /via=xcode needs a Mac with Xcode/],
  ])('says what is wrong with %s', async (_what, changes, more, message) => {
    const { code, stdout } = await build(changedTree(changes), more);
    expect(code).toBe(1);
    expect(stdout).toMatch(message);
  });

  it('says what is wrong with a configuration that has modules, before the build', async () => {
    const { code, stdout, stderr } = await build(changedTree({}), ['--set', 'config=CONFIG_GREETING=n']);
    expect(code).toBe(1);
    expect(stdout).toContain('0 steps run');
    expect(stderr).toMatch(/the tree is configured with modules[^]*CONFIG_MODULES=n/);
  });

  it('refuses a date that is not one before anything runs', async () => {
    const { code, stderr } = await build(tree, ['--set', 'date=tomorrow']);
    expect(code).toBe(2);
    expect(stderr).toContain('does not match the pattern "[0-9]{4}-[0-9]{2}-[0-9]{2}"');
  });

  it('of a folder that is no tree of Chameleon, or that has one, says so', async () => {
    const empty = await build(freshFolder(), []);
    expect(empty.code).toBe(1);
    expect(empty.stderr).toMatch(/chameleon: the folder .* is empty/);
    const other = freshFolder();
    writeFileSync(join(other, 'README'), 'not a boot loader');
    const { code, stderr } = await build(other, []);
    expect(code).toBe(1);
    expect(stderr).toContain('Check that this is the tree of Chameleon as upstream publishes it.');
    const around = freshFolder();
    cpSync(tree, join(around, 'trunk'), { recursive: true });
    expect((await build(around, [])).stderr).toContain('Give the tree in it: trunk');
  });
});

describe('the recipe chameleon, where its server cannot be reached', () => {
  const ways = [/--source chameleon\.tree=FOLDER/, /--set via=prebuilt --set sha256=DIGEST/];

  it('is not run, and says what can be done', async () => {
    const project = testProject({});
    const { code, stderr } = await project.run(['run', 'chameleon']);
    expect(code).toBe(2);
    expect(stderr).toContain('The source chameleon.tree, http');
    for (const way of ways) expect(stderr).toMatch(way);
    expect(existsSync(join(project.root, 'artifacts/chameleon'))).toBe(false);
  });

  it('is not locked, and says what can be done', async () => {
    const project = testProject({ 'recipes/.keep': '' });
    cpSync(join(packageRoot, 'recipes/chameleon.yaml'), join(project.root, 'recipes/chameleon.yaml'));
    cpSync(join(packageRoot, 'scripts'), join(project.root, 'scripts'), { recursive: true });
    cpSync(join(packageRoot, 'recipes/chameleon'), join(project.root, 'recipes/chameleon'), {
      recursive: true,
    });
    project.write(
      'recipes/chameleon.yaml',
      readFileSync(join(packageRoot, 'recipes/chameleon.yaml'), 'utf8').replace(
        /svn: http.*/,
        'svn: http://127.0.0.1:9/svn/chameleon/trunk',
      ),
    );
    const { code, stderr } = await project.run(['lock', 'chameleon']);
    expect(code).toBe(1);
    expect(stderr).toContain(
      'http://127.0.0.1:9/svn/chameleon/trunk at revision 2534 could not be downloaded',
    );
    for (const way of ways) expect(stderr).toMatch(way);
    expect(existsSync(join(project.root, 'recipes/lock.yaml'))).toBe(false);
  });
});
