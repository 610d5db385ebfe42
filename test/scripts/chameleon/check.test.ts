import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { freshFolder } from '../../rig/folder.ts';
import { events, testProject, type Ended } from '../../rig/project.ts';
import { changedTree, sha256, tree } from './trees.ts';

interface Finding {
  readonly state: 'fault' | 'note';
  readonly message: string;
  readonly hint?: string;
}

async function plan(folder: string, ...more: readonly string[]): Promise<Ended & { findings: Finding[] }> {
  const project = testProject({});
  const args = [
    'plan',
    'chameleon',
    '--environment',
    'host',
    '--source',
    `chameleon.tree=${folder}`,
    '--json',
  ];
  const ended = await project.run([...args, ...more]);
  const { findings } = JSON.parse(ended.stdout) as { findings: Finding[] };
  return { ...ended, findings };
}

function texts(findings: readonly Finding[], state: Finding['state']): string {
  return findings
    .filter((each) => each.state === state)
    .map(({ message, hint = '' }) => `${message}\n${hint}`)
    .join('\n');
}

describe('the plan of a loader from a given tree', { timeout: 60_000 }, () => {
  it('says which rules apply, what will be generated, and what is not there', async () => {
    const odd = changedTree({
      'i386/Cconfig': (text) =>
        `source "i386/modules/FOOcodec/Cconfig"\n${text}\nsource "i386/modules/Absent/Cconfig"\n`,
      'i386/modules/FooCodec/Cconfig': () => 'source "i386/modules/Deeper/Cconfig"\n',
    });
    const { code, findings } = await plan(odd, '--set', 'revision=2378');
    expect(code).toBe(0);
    const notes = texts(findings, 'note');
    expect(notes).toContain('linked with saio, sa, klibc');
    expect(notes).toContain('autoconf.h (CONFIG_MODULES=n), vers.h (revision 2378, 1980-01-01)');
    expect(notes).toContain('i386/modules/FOOcodec/Cconfig will be taken from i386/modules/FooCodec/Cconfig');
    expect(notes).toMatch(/not in the tree: i386\/modules\/Deeper\/Cconfig, i386\/modules\/Absent\/Cconfig;/);
    expect(texts(findings, 'fault')).toBe('');
  });

  it.each([
    [
      'that compiles by a tool chain of its own',
      () =>
        changedTree({
          'Make.rules': (text) =>
            text.replaceAll('@$(CC) ', '@$(CROSS)gcc ').replace('CC = cc', 'CROSS = i686-elf-\nCC = cc'),
        }),
      [],
      /compiles i386\/boot2 with i686-elf-gcc, a tool chain of its own\n.*via=prebuilt/,
    ],
    [
      'that is several',
      () => {
        const around = freshFolder();
        for (const name of ['branches/fast', 'trunk']) cpSync(tree, join(around, name), { recursive: true });
        return around;
      },
      [],
      /has 2 in it\nGive one of the trees in it: branches\/fast, trunk/,
    ],
    [
      'with modules',
      () => changedTree({}),
      ['--set', 'config=CONFIG_MODULES=y'],
      /modules, which are not made here\n.*CONFIG_MODULES=n/,
    ],
    [
      'of which half is not there',
      () => {
        const half = freshFolder();
        cpSync(join(tree, 'Make.rules'), join(half, 'Make.rules'));
        mkdirSync(join(half, 'i386'));
        cpSync(join(tree, 'i386/config'), join(half, 'i386/config'), { recursive: true });
        return half;
      },
      [],
      /the tree has no Cconfig, no i386\/boot2\/Makefile, no i386\/libsaio\/Makefile/,
    ],
  ])('refuses a tree %s', async (_, make, more, said) => {
    const { code, findings } = await plan(make(), ...more);
    expect(code).toBe(1);
    expect(texts(findings, 'fault')).toMatch(said);
  });

  it('shows the digest that a prebuilt loader lacks, and refuses a wrong one', async () => {
    const folder = freshFolder();
    writeFileSync(join(folder, 'boot'), 'a loader');
    const digest = sha256(join(folder, 'boot'));
    const via = ['--set', 'via=prebuilt'];
    expect((await plan(folder, ...via, '--set', `sha256=${digest}`)).code).toBe(0);
    const without = await plan(folder, ...via);
    expect(texts(without.findings, 'fault')).toContain(`--set sha256=${digest}`);
    const wrong = await plan(folder, ...via, '--set', `sha256=${'0'.repeat(64)}`);
    expect(texts(wrong.findings, 'fault')).toContain(`the loader has the sha256 ${digest}, expected 000`);
    const empty = await plan(tree, ...via);
    expect(texts(empty.findings, 'fault')).toContain('has no file `boot`');
  });

  it('keeps a run from beginning: not one step starts', async () => {
    const project = testProject({});
    const source = [
      '--source',
      `chameleon.tree=${changedTree({ 'Make.rules': (text) => text.replaceAll('@$(CC) ', '@i686-elf-gcc ') })}`,
    ];
    const run = await project.run(['run', 'chameleon', ...source, '--json']);
    expect(run.code).toBe(1);
    expect(run.stderr).toContain('a tool chain of its own');
    expect(events(run.stdout).filter(({ type }) => type === 'step-started')).toEqual([]);
  });
});
