import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/host/index.ts';
import { freshFolder } from '../rig/folder.ts';
import { greetingProject } from '../rig/greeting.ts';
import { stepsOf } from '../rig/project.ts';
import { send, startServer } from '../sources/local-server.ts';

const server = await startServer();

/** The usual place: no store is named, and no project has its own. */
function usual(): Readonly<Record<string, string>> {
  return { CIDERMILL_STORE: '', XDG_CACHE_HOME: freshFolder() };
}

const pinned = {
  'recipes/pinned.yaml': `recipe: pinned
summary: Has a source from a server
sources: { words: { url: "${server.url}/words.txt" } }
environment: none
script: scripts/greet.ts
outputs: { text: text.txt }
`,
};

describe('the store of a user', () => {
  it('is one for all projects: a second checkout runs no step', async () => {
    const [one, other, env] = [greetingProject(), greetingProject(), usual()];
    const first = await one.run(['run', 'greeting', '--json'], env);
    expect(stepsOf(first.stdout, 'step-done')).toEqual(['greet']);
    const second = await other.run(['run', 'greeting', '--json'], env);
    expect(second.code).toBe(0);
    expect(stepsOf(second.stdout, 'step-cached')).toEqual(['greet']);
    expect(stepsOf(second.stdout, 'step-started')).toEqual([]);
    expect(readFileSync(join(other.root, 'artifacts/greeting/text.txt'), 'utf8').trim()).toBe('hello world');
    expect(readdirSync(join(env['XDG_CACHE_HOME'] ?? '', 'cidermill')).sort()).toEqual([
      'CACHEDIR.TAG',
      'v1',
    ]);
    expect(existsSync(join(one.root, 'artifacts/.store'))).toBe(false);
    expect(readFileSync(join(other.root, 'artifacts/.gitignore'), 'utf8')).toMatch(/^\*$/m);
  });

  it('goes on being the one of a project that has its own', async () => {
    const [project, env] = [greetingProject(), usual()];
    expect((await project.run(['run', 'greeting'])).code).toBe(0);
    const again = await project.run(['run', 'greeting', '--json'], env);
    expect(stepsOf(again.stdout, 'step-cached')).toEqual(['greet']);
    expect(readdirSync(env['XDG_CACHE_HOME'] ?? '')).toEqual([]);
  });

  it('is the one that --store names before the one in CIDERMILL_STORE', async () => {
    const project = greetingProject();
    const [named, other] = [join(freshFolder(), 'named'), join(freshFolder(), 'other')];
    const run = await project.run(['--store', named, 'run', 'greeting'], { CIDERMILL_STORE: other });
    expect(run.code, run.stderr).toBe(0);
    expect([existsSync(named), existsSync(other)]).toEqual([true, false]);
  });

  it("keeps what either project pins when the other's garbage is collected, until that project is gone", async () => {
    server.answer(send(Buffer.from('pinned words\n')));
    const [one, other, env] = [greetingProject(pinned), greetingProject(), usual()];
    expect((await one.run(['lock', 'pinned'], env)).code).toBe(0);
    expect((await one.run(['run', 'greeting', '--set', 'word=one'], env)).code).toBe(0);
    expect((await other.run(['run', 'greeting', '--set', 'word=other'], env)).code).toBe(0);
    const collect = async (): Promise<void> => {
      const gc = await other.run(['store', 'gc', '--budget', '0'], env);
      expect(gc.code, gc.stderr).toBe(0);
    };
    await collect();
    server.answer((_request, response) => response.writeHead(404).end());
    expect((await one.run(['fetch', 'pinned'], env)).code).toBe(0);
    for (const [project, word] of [
      [one, 'one'],
      [other, 'other'],
    ] as const) {
      const again = await project.run(['run', 'greeting', '--set', `word=${word}`, '--json'], env);
      expect(stepsOf(again.stdout, 'step-cached')).toEqual(['greet']);
    }
    rmSync(one.root, { recursive: true });
    await collect();
    const held = await other.run(['store', 'verify', '--json'], env);
    expect(JSON.parse(held.stdout)).toMatchObject({ actions: 1, faults: [] });
  });

  it('is not collected while it is not known what a project pins', async () => {
    const [one, other, env] = [greetingProject(), greetingProject(), usual()];
    expect((await one.run(['run', 'greeting'], env)).code).toBe(0);
    one.write('recipes/lock.yaml', 'version: [');
    const gc = await other.run(['store', 'gc'], env);
    expect(gc.code).toBe(1);
    expect(gc.stderr).toContain(`what the project ${one.root} needs is not known`);
  });
});

/** The command line where folders can only be read, also by root. */
async function readingOnly(
  folders: readonly string[],
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
) {
  const mounts = folders.flatMap((folder) => ['--ro-bind', folder, folder]);
  const command = ['--dev-bind', '/', '/', ...mounts, '--', process.execPath];
  const child = spawn('bwrap', [...command, join(packageRoot, 'bin/cidermill.mjs'), ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', ...env },
  });
  const text = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (text.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text.stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...text };
}

const noSandbox = spawnSync('bwrap', ['--dev-bind', '/', '/', 'true']).status !== 0;

describe.skipIf(noSandbox)('a store that can only be read (skipped where bubblewrap may not mount)', () => {
  it('serves what it has; what is new goes to the usual one', async () => {
    const [made, project] = [greetingProject(), greetingProject()];
    const env = { CIDERMILL_STORE: join(freshFolder(), 'mounted'), XDG_CACHE_HOME: freshFolder() };
    expect((await made.run(['run', 'greeting'], env)).code).toBe(0);
    const here = (...args: string[]) => readingOnly([env.CIDERMILL_STORE], project.root, args, env);
    const cached = await here('run', 'greeting', '--json');
    expect(cached).toMatchObject({ code: 0, stderr: '' });
    expect(stepsOf(cached.stdout, 'step-cached')).toEqual(['greet']);
    const fresh = await here('run', 'greeting', '--set', 'word=new', '--json');
    expect(fresh).toMatchObject({ code: 0, stderr: '' });
    expect(stepsOf(fresh.stdout, 'step-done')).toEqual(['greet']);
    expect(readFileSync(join(project.root, 'artifacts/greeting/text.txt'), 'utf8').trim()).toBe('new world');
    const again = await here('run', 'greeting', '--set', 'word=new', '--json');
    expect(stepsOf(again.stdout, 'step-cached')).toEqual(['greet']);
    expect(await here('store', 'gc', '--budget', '0')).toMatchObject({ code: 0, stderr: '' });
    expect(await here('store', 'verify', '--mend')).toMatchObject({ code: 0, stderr: '' });
    const last = await made.run(['run', 'greeting', '--json'], env);
    expect(stepsOf(last.stdout, 'step-cached')).toEqual(['greet']);
  });

  it('serves what it has where nothing else can be written, and names what it lacks', async () => {
    const [project, file] = [greetingProject(), join(freshFolder(), 'file')];
    writeFileSync(file, '');
    const env = { CIDERMILL_STORE: join(freshFolder(), 'mounted'), XDG_CACHE_HOME: file };
    expect((await project.run(['run', 'greeting'], env)).code).toBe(0);
    const here = (...args: string[]) =>
      readingOnly([env.CIDERMILL_STORE, project.root], project.root, args, env);
    const cached = await here('run', 'greeting', '--json');
    expect(cached).toMatchObject({ code: 0, stderr: '' });
    expect(stepsOf(cached.stdout, 'step-cached')).toEqual(['greet']);
    const lacking = await here('run', 'greeting', '--set', 'word=new');
    expect(lacking.code).toBe(1);
    expect(lacking.stdout).toContain('can only be read');
    for (const args of [['gc'], ['verify', '--mend']]) {
      const refused = await here('store', ...args);
      expect(refused).toMatchObject({ code: 1 });
      expect(refused.stderr).toMatch(/^error: the store .* can only be read\nhint: /);
    }
    expect(await here('store', 'verify')).toMatchObject({ code: 0, stderr: '' });
  });
});
