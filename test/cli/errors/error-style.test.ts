import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { testProject } from '../../rig/project.ts';

const broken = 'pipeline: bad\nsummary: Bad\nsteps:\n  one: { recipe: frobnicate }\n';

describe('an error', () => {
  it.each([
    ['an unknown option', ['run', 'quickstart', '--fast'], "unknown option '--fast'"],
    ['an option that is nearly right', ['run', 'quickstart', '--job', '3'], "unknown option '--job'"],
    ['a missing argument', ['plan'], "missing required argument 'name'"],
    ['a number that is none', ['run', 'x', '--jobs', 'many'], /argument 'many' is invalid$/m],
    ['nothing to run', ['run'], /^error: /],
    ['an unknown step', ['why', 'quickstart', 'nope'], 'quickstart has no step "nope"'],
    ['an unknown pipeline', ['plan', 'nope'], 'There is no pipeline or recipe "nope"'],
    ['a file that is not there', ['dmg', 'info', 'no/such.dmg'], 'no/such.dmg cannot be read: no such file'],
    ['a folder instead of a file', ['hfs', 'list', '.'], '. is not a file'],
    ['a size that is none', ['hfs', 'grow', 'a.img', '5X'], '5X is not a size'],
  ])('of %s has its line, its hint and exit code 2', async (_what, args, message) => {
    const { code, stdout, stderr } = await testProject({ 'a.img': 'x' }).run(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^error: \S/m);
    expect(stderr).not.toMatch(/^\s+at |Run it with/m);
    if (typeof message === 'string') expect(stderr).toContain(message);
    else expect(stderr).toMatch(message);
  });

  it('of bytes that are no image begins with the file, and has exit code 1', async () => {
    const project = testProject({ 'README.md': '# Not an image\n'.repeat(200) });
    for (const args of [
      ['dmg', 'info'],
      ['iso', 'make', '-o', 'out.iso'],
      ['pkg', 'list'],
      ['hfs', 'check'],
    ]) {
      const { code, stdout, stderr } = await project.run([...args, 'README.md']);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toMatch(/^error: README\.md(:| is) \S/);
      expect(stderr.trim().split('\n')).toHaveLength(1);
    }
  });
});

describe('--json', () => {
  const events = (text: string): unknown[] =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown);

  it('gives a failure as an event, beside the words on standard error', async () => {
    const { code, stdout, stderr } = await testProject({}).run(['why', 'quickstart', 'nope', '--json']);
    expect(code).toBe(2);
    expect(events(stdout)).toEqual([
      {
        type: 'error',
        time: expect.any(Number) as number,
        code: 'unknown-step',
        message: 'quickstart has no step "nope"',
        hint: expect.stringContaining('seabios') as string,
        temporary: false,
      },
    ]);
    expect(stderr).toMatch(/^error: quickstart has no step "nope"\nhint: /);
  });

  it('gives each fault of a file with its line and column', async () => {
    const project = testProject({ 'pipelines/bad.yaml': broken.replace('steps:', 'stesp: {}\nsteps:') });
    const { code, stdout } = await project.run(['run', 'bad', '--json']);
    expect(code).toBe(2);
    expect(events(stdout)).toMatchObject([
      { type: 'error', code: 'unknown-key', file: 'pipelines/bad.yaml', line: 3, column: 1 },
      { type: 'error', code: 'unknown-recipe', file: 'pipelines/bad.yaml', line: 5, column: 18 },
    ]);
  });

  it('gives the second place of a fault that has two', async () => {
    const project = testProject({ 'pipelines/bad.yaml': `summary: Early\n${broken}` });
    const { stdout, stderr } = await project.run(['plan', 'bad', '--json']);
    expect(events(stdout).slice(0, 1)).toMatchObject([
      {
        code: 'duplicate-key',
        line: 3,
        also: { file: 'pipelines/bad.yaml', line: 1, column: 1, message: 'It is first declared here.' },
      },
    ]);
    expect(stderr).toContain(
      'pipelines/bad.yaml:1:1\n  1 | summary: Early\n    | ^^^^^^^\nnote: It is first',
    );
  });

  it('names the file of bytes that are damaged, and the option that is not known', async () => {
    const project = testProject({});
    writeFileSync(join(project.root, 'a.dmg'), 'nothing');
    const image = await project.run(['dmg', 'info', 'a.dmg', '--json']);
    expect(events(image.stdout)).toMatchObject([{ type: 'error', code: 'bad-format', file: 'a.dmg' }]);
    const option = await project.run(['plan', 'quickstart', '--json', '--fast']);
    expect(events(option.stdout)).toMatchObject([
      { type: 'error', code: 'usage', message: "unknown option '--fast'" },
    ]);
  });
});
