import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { projectFiles } from '../../../src/cli/init/project-files.ts';
import { packageRoot } from '../../../src/host/index.ts';
import { freshFolder } from '../../rig/folder.ts';
import { testProject } from '../../rig/project.ts';

const files = [
  '.gitignore',
  'package.json',
  'pipelines/hello.yaml',
  'recipes/hello.yaml',
  'recipes/lock.yaml',
  'scripts/hello.ts',
  'tsconfig.json',
];

interface Told {
  readonly folder: string;
  readonly written: readonly string[];
  readonly kept: readonly string[];
  readonly next: readonly string[];
}

describe('cidermill init', () => {
  it('makes a project in a new folder, whose pipeline is pinned and without fault', async () => {
    const project = testProject({});
    const { root } = project;
    const { code, stdout, stderr } = await project.run(['init', 'a/demo']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('  cd a/demo\n  npm install\n  npx cidermill run hello\n');
    const made = readdirSync(join(root, 'a/demo'), { recursive: true, withFileTypes: true });
    const names = made
      .filter((entry) => entry.isFile())
      .map(({ parentPath, name }) => join(parentPath, name));
    expect(names.sort()).toEqual(files.map((name) => join(root, 'a/demo', name)));
    const plan = await project.run(['-C', 'a/demo', 'graph', 'hello']);
    expect(plan, plan.stderr).toMatchObject({ code: 0, stderr: '' });
    const lock = await project.run(['-C', 'a/demo', 'plan', 'hello', '--json']);
    expect(lock, lock.stderr).toMatchObject({ code: 0, stderr: '' });
  });

  it('overwrites nothing in a folder that exists, and says how its package.json has to change', async () => {
    const project = testProject({});
    const { root } = project;
    const mine = {
      'package.json': '{ "name": "mine" }\n',
      'recipes/hello.yaml': 'mine\n',
      'tsconfig.json': '',
    };
    for (const [name, text] of Object.entries(mine)) project.write(`mine/${name}`, text);
    symlinkSync('nowhere', join(root, 'mine/.gitignore'));
    const { code, stdout } = await project.run(['init', 'mine', '--json']);
    expect(code).toBe(0);
    const told = JSON.parse(stdout) as Told;
    expect(told.kept).toEqual(['.gitignore', 'package.json', 'recipes/hello.yaml', 'tsconfig.json']);
    expect([...told.kept, ...told.written].sort()).toEqual(files);
    for (const [name, text] of Object.entries(mine))
      expect(readFileSync(join(root, 'mine', name), 'utf8')).toBe(text);
    expect(told.next.slice(0, 2)).toEqual(['cd mine', 'npm pkg set type=module']);
    expect(told.next[2]).toMatch(/^npm install --save-dev '@types\/node@\S+' file:\S+ 'typescript@\S+'$/);
  });

  it('asks for no more than `npm install` where it is run again', async () => {
    const project = testProject({});
    await project.run(['init', 'demo']);
    const told = JSON.parse((await project.run(['init', 'demo', '--json'])).stdout) as Told;
    expect(told.written).toEqual([]);
    expect(told.next).toEqual(['cd demo', 'npm install', 'npx cidermill run hello']);
  });

  it('refuses a folder that is a file, one whose folders are, and cidermill itself', async () => {
    const project = testProject({ file: 'text', 'half/recipes': 'text' });
    project.write('whole/.keep', '');
    expect((await project.run(['init', 'whole'])).code).toBe(0);
    const file = await project.run(['init', 'file']);
    expect(file).toMatchObject({ code: 1, stdout: '' });
    expect(file.stderr).toContain('cannot write');
    expect((await project.run(['init', 'half'])).stderr).toMatch(/cannot write .*half\/recipes\/hello\.yaml/);
    expect(await project.run(['init', '/proc/nowhere/demo'])).toMatchObject({ code: 1, stdout: '' });
    expect(await project.run(['init', packageRoot])).toMatchObject({ code: 2 });
  });
});

describe('the package.json of a new project', () => {
  /** A cidermill as it lies when it is installed in a project whose package.json names it so. */
  function installed(spec: string | undefined): { cidermill: string; home: string } {
    const home = freshFolder();
    const cidermill = join(home, 'node_modules/cidermill');
    mkdirSync(join(home, 'node_modules'));
    symlinkSync(packageRoot, cidermill);
    if (spec !== undefined)
      writeFileSync(join(home, 'package.json'), JSON.stringify({ dependencies: { cidermill: spec } }));
    return { cidermill, home };
  }

  function manifest(
    cidermill: string,
    folder: string,
  ): { name: string; devDependencies: Record<string, string> } {
    return JSON.parse(projectFiles(cidermill, folder).get('package.json') ?? '') as ReturnType<
      typeof manifest
    >;
  }

  it.each([
    ['^0.1.0', '^0.1.0'],
    ['git+ssh://git@example.org/cidermill.git', 'git+ssh://git@example.org/cidermill.git'],
    ['file:cidermill-0.1.0.tgz', 'file:../cidermill-0.1.0.tgz'],
    ['workspace:*', '^0.1.0'],
    [undefined, '^0.1.0'],
  ])('names cidermill as the project does that it is installed in: %s', (spec, named) => {
    const { cidermill, home } = installed(spec);
    expect(manifest(cidermill, join(home, 'demo')).devDependencies).toEqual({
      '@types/node': expect.stringMatching(/^\^20\./) as string,
      cidermill: named,
      typescript: expect.stringMatching(/^[~^]\d/) as string,
    });
  });

  it.each([
    ['Apple Cider', 'apple-cider'],
    ['.hidden', 'hidden'],
    ['cidermill', 'cidermill-project'],
    ['構築', 'project'],
  ])('has a name that npm takes: %s is %s', (folder, name) => {
    expect(manifest(packageRoot, join('/projects', folder)).name).toBe(name);
  });
});
