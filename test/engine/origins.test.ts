import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sha256 } from '../../src/base/index.ts';
import { startCacheServer } from '../cache/cache-server.ts';
import { stepModule, stepsOf, testProject, type TestProject } from '../rig/project.ts';
import { startServer, status } from '../sources/local-server.ts';

const server = await startServer();
const files: Readonly<Record<string, string>> = {
  a1: 'one of a',
  a2: 'two of a',
  b1: 'one of b',
  b2: 'two of b',
};

/** Answers with the files named, and 404 for the others. */
function serve(...names: readonly string[]): void {
  server.answer((request, response) => {
    const name = (request.url ?? '').slice(1);
    if (!names.includes(name)) status(404)(request, response);
    else response.writeHead(200).end(files[name]);
  });
}

/** A step of two sources, each with two origins of different bytes. */
function twoSources(): TestProject {
  const origin = (name: string): string => `{ url: "${server.url}/${name}"`;
  const locked = (name: string) => ({
    url: `${server.url}/${name}`,
    files: [{ file: name, size: (files[name] ?? '').length, sha256: sha256(files[name] ?? '') }],
  });
  return testProject({
    'recipes/both.yaml': `recipe: both
summary: Both
sources:
  a: ${origin('a1')}, or: ${origin('a2')} } }
  b: ${origin('b1')}, or: ${origin('b2')} } }
environment: none
script: scripts/both.ts
outputs: { text: both.txt }
`,
    'recipes/lock.yaml': JSON.stringify({
      version: 1,
      sources: { 'both.a': [locked('a1'), locked('a2')], 'both.b': [locked('b1'), locked('b2')] },
    }),
    'scripts/both.ts': `import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { step } from ${stepModule};
const { source, output } = await step();
const read = (folder) => readdirSync(folder).map((name) => readFileSync(folder + '/' + name, 'utf8')).join();
writeFileSync('both.txt', read(source("a")) + ' and ' + read(source("b")));
await output('text', 'both.txt');
`,
  });
}

function made(project: TestProject): string {
  return readFileSync(join(project.root, 'artifacts/both/both.txt'), 'utf8');
}

describe('origins that can stand for one another', () => {
  it('are chosen for each source by itself, whichever can be had', async () => {
    const project = twoSources();
    serve('a2', 'b1');
    const first = await project.run(['run', 'both']);
    expect(first.code, first.stdout + first.stderr).toBe(0);
    expect(made(project)).toBe('two of a and one of b');
  });

  it('give what is in the store before the network is asked: plan and run say and do the same', async () => {
    const project = twoSources();
    serve('a2', 'b1');
    await project.run(['run', 'both']);
    serve('a1', 'a2', 'b1', 'b2');
    expect((await project.run(['plan', 'both'])).stdout).toContain('Nothing to run');
    const again = await project.run(['run', 'both', '--json']);
    expect(stepsOf(again.stdout, 'step-cached')).toEqual(['both']);
    expect(server.requests).toEqual([]);
    expect(made(project)).toBe('two of a and one of b');
    const verified = await project.run(['verify', 'both']);
    expect(verified.code, verified.stdout + verified.stderr).toBe(0);
  });

  it('are fetched as a run takes them, and the run needs no network then', async () => {
    const project = twoSources();
    serve('a2', 'b1');
    const fetched = await project.run(['fetch', 'both', '--json']);
    expect(fetched.code, fetched.stderr).toBe(0);
    const [step] = JSON.parse(fetched.stdout) as [{ files: { file: string }[] }];
    expect(step.files.map(({ file }) => file)).toEqual(['a2', 'b1']);
    serve();
    const offline = await project.run(['run', 'both', '--offline']);
    expect(offline.code, offline.stdout + offline.stderr).toBe(0);
    expect(made(project)).toBe('two of a and one of b');
    expect(server.requests).toEqual([]);
  });

  it('are looked up in a team’s cache by what any of them gives', async () => {
    const cache = await startCacheServer();
    const env = { CIDERMILL_CACHE: cache.url, CIDERMILL_CACHE_PUSH: 'always' };
    serve('a2', 'b1');
    expect(await twoSources().run(['run', 'both'], env)).toMatchObject({ code: 0 });
    // Another machine, which cannot know that a1 is gone: nothing of its own, and no server.
    serve();
    const project = twoSources();
    const plan = await project.run(['plan', 'both'], env);
    expect(plan.stdout).toMatch(/^both +from the team's cache$/m);
    const run = await project.run(['run', 'both', '--json'], env);
    expect(run.code, run.stdout).toBe(0);
    expect(stepsOf(run.stdout, 'step-cached')).toEqual(['both']);
    expect(made(project)).toBe('two of a and one of b');
    expect(server.requests).toEqual([]);
  });

  it('have the cause of each told, of every source that none of them gives', async () => {
    const project = twoSources();
    serve();
    const { code, stdout } = await project.run(['run', 'both']);
    expect(code).toBe(1);
    for (const name of ['a1', 'a2', 'b1', 'b2'])
      expect(stdout).toContain(`${server.url}/${name} answers 404`);
    const offline = await project.run(['run', 'both', '--offline']);
    expect(offline.stdout + offline.stderr).toMatch(/a1: a1 is not in the store, and this run is offline/);
    expect(offline.stdout + offline.stderr).toContain('cidermill fetch');
  });
});
