import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { planFiles } from '../../../src/engine/bundle/project-files.ts';
import { packageRoot } from '../../../src/host/index.ts';
import { findProject, planPipeline } from '../../../src/recipe/index.ts';
import { freshFolder } from '../../rig/folder.ts';
import { events, stepsOf, testProject, type Ended, type TestProject } from '../../rig/project.ts';

/** Serves one file until it is stopped, which a test's end does as well. */
async function serve(content: Buffer): Promise<{ url: string; stop: () => Promise<unknown> }> {
  const server = createServer((_request, response) => response.end(content)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = (): Promise<unknown> => (server.listening ? once(server.close(), 'close') : Promise.resolve());
  onTestFinished(() => void stop());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/words.txt`, stop };
}

/** Two steps: words from a server are counted, the count is framed by a script that imports another. */
function project(url: string): TestProject {
  const made = testProject({
    'sign/sign.txt': 'a sign',
    'recipes/count.yaml': `recipe: count
summary: Counts words
parameters: { flag: { type: string, default: -w } }
sources:
  words: { url: "${url}" }
  sign: { local: sign }
environment: { host: [wc, cat] }
script: scripts/count.ts
outputs: { count: count.txt }
`,
    'scripts/count.ts': `import { step } from 'cidermill/step';
const { $, source, text, output } = await step();
await $\`(wc \${text('flag')} <\${source('words') + '/words.txt'}; cat \${source('sign') + '/sign.txt'}) >count.txt\`;
await output('count', 'count.txt');
`,
    'recipes/frame.yaml': `recipe: frame
summary: Puts a frame around a text
inputs: { text: what to frame }
environment: none
script: scripts/frame.ts
outputs: { framed: framed.txt }
`,
    'scripts/frame.ts': `import { readFileSync, writeFileSync } from 'node:fs';
import { step } from 'cidermill/step';
import { frame } from './below/frame.ts';
const { input, output } = await step();
writeFileSync('framed.txt', frame(readFileSync(input('text'), 'utf8')));
await output('framed', 'framed.txt');
`,
    'scripts/below/frame.ts': 'export const frame = (text: string): string => `[${text}]`;\n',
    'pipelines/words.yaml': `pipeline: words
summary: Counts and frames
parameters: { flag: { type: string, default: -w } }
steps:
  count: { recipe: count, with: { flag: "\${flag}" } }
  frame: { recipe: frame, with: { text: "\${count.count}" } }
products:
  words: { from: { framed: "\${frame.framed}" } }
`,
  });
  mkdirSync(join(made.root, 'node_modules'));
  symlinkSync(packageRoot, join(made.root, 'node_modules/cidermill'));
  return made;
}

/** The command line where there is no network, not even a loopback that is up. */
async function withoutNetwork(cwd: string, args: readonly string[]): Promise<Ended> {
  const command = ['-rn', process.execPath, join(packageRoot, 'bin/cidermill.mjs'), ...args];
  const child = spawn('unshare', command, {
    cwd,
    env: { ...process.env, CIDERMILL_STORE: join(cwd, 'artifacts/.store'), NO_COLOR: '1' },
  });
  const text = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (text.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text.stderr += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, ...text };
}

const noNamespaces = spawnSync('unshare', ['-rn', 'true']).status !== 0;

/** Key and outputs of each step that ran, and the product's files. */
function result(stdout: string): unknown[] {
  return events(stdout).flatMap(({ type, step, key, files }): unknown[] =>
    type === 'step-done' || type === 'step-cached'
      ? [{ step, key }]
      : type === 'product-published'
        ? [{ files }]
        : [],
  );
}

const words = Buffer.from('one two three four\n');

describe.skipIf(noNamespaces)(
  'without a network (skipped where this user may not cut it: `unshare -rn`)',
  () => {
    it('a run passes after fetch, and says what it lacks before', async () => {
      const server = await serve(words);
      const made = project(server.url);
      expect((await made.run(['lock', 'words'])).code).toBe(0);
      const store = join(made.root, 'artifacts/.store');
      execFileSync('rm', ['-rf', store]);
      const before = await withoutNetwork(made.root, ['run', 'words', '--json']);
      expect(before.code).toBe(1);

      const fetched = await made.run(['fetch', 'words']);
      expect(fetched, fetched.stderr).toMatchObject({ code: 0 });
      expect(fetched.stdout).toMatch(/^count +1 file, 19 B, fetched$/m);
      expect(fetched.stdout).toContain('words needs no network now: 1 file');
      await server.stop();
      const after = await withoutNetwork(made.root, ['run', 'words', '--json']);
      expect(after.code, after.stdout + after.stderr).toBe(0);
      expect(stepsOf(after.stdout, 'step-done')).toEqual(['count', 'frame']);
      expect(readFileSync(join(made.root, 'artifacts/words/framed.txt'), 'utf8')).toBe('[4\na sign]');
      expect((await made.run(['fetch', 'words'])).stdout).toContain('there already');
    });

    it('a bundle replays on a machine that never had one, to the same keys and digests', async () => {
      const server = await serve(words);
      const made = project(server.url);
      await made.run(['lock', 'words']);
      const bundle = join(freshFolder(), 'words.tar');
      const written = await made.run(['bundle', 'words', bundle, '--set', 'flag=-c']);
      expect(written, written.stderr).toMatchObject({ code: 0 });
      await server.stop();
      const here = await made.run(['run', 'words', '--set', 'flag=-c', '--json']);
      expect(here.code).toBe(0);

      const elsewhere = freshFolder();
      const there = await withoutNetwork(elsewhere, ['run', '--from-bundle', bundle, '--json']);
      expect(there.code, there.stdout + there.stderr).toBe(0);
      expect(stepsOf(there.stdout, 'step-done')).toEqual(['count', 'frame']);
      expect(result(there.stdout)).toEqual(result(here.stdout));
      expect(readFileSync(join(elsewhere, 'artifacts/words/framed.txt'), 'utf8')).toBe('[19\na sign]');
      const again = await withoutNetwork(elsewhere, ['run', 'words', '--from-bundle', bundle, '--json']);
      expect(stepsOf(again.stdout, 'step-cached')).toEqual(['count', 'frame']);
    });

    it('a bundle with results has nothing to make again', async () => {
      const server = await serve(words);
      const made = project(server.url);
      await made.run(['lock', 'words']);
      const bundle = join(freshFolder(), 'words.tar');
      const early = await made.run(['bundle', 'words', bundle, '--with-results']);
      expect(early).toMatchObject({ code: 1 });
      expect(early.stderr).toContain('cidermill run words');
      await made.run(['run', 'words']);
      expect((await made.run(['bundle', 'words', bundle, '--with-results'])).stdout).toContain(
        'results of 2 steps',
      );
      const elsewhere = freshFolder();
      const there = await withoutNetwork(elsewhere, ['run', '--from-bundle', bundle, '--json']);
      expect(there.code, there.stderr).toBe(0);
      expect(stepsOf(there.stdout, 'step-cached')).toEqual(['count', 'frame']);
      expect(readFileSync(join(elsewhere, 'artifacts/words/framed.txt'), 'utf8')).toBe('[4\na sign]');
    });
  },
);

describe('a bundle', () => {
  it('takes along what stands in for vanished files, also of a checkout of cidermill', async () => {
    const made = project('http://127.0.0.1:9');
    made.write('recipes/lock.local.yaml', 'version: 1\n');
    const own = findProject(made.root, packageRoot);
    const checkout = { ...own, builtin: own.root };
    const plan = planPipeline(checkout, 'words');
    const files = await planFiles(checkout, plan, true);
    expect(files.builtin).toContain('pipelines/words.yaml');
    expect(files.own).toEqual(['recipes/lock.local.yaml']);
    expect((await planFiles(checkout, plan, false)).own).toEqual([]);
  });

  it('is the same bytes from another checkout, at another time, and tar can list it', async () => {
    const server = await serve(words);
    const bundles: Buffer[] = [];
    for (const name of ['one.tar', 'other.tar']) {
      const made = project(server.url);
      await made.run(['lock', 'words']);
      const path = join(made.root, name);
      expect((await made.run(['bundle', 'words', path])).code).toBe(0);
      bundles.push(readFileSync(path));
      expect(readdirSync(made.root).filter((file) => file.includes('partial'))).toEqual([]);
      const listed = execFileSync('tar', ['-tvf', path], {
        encoding: 'utf8',
        env: { ...process.env, TZ: 'UTC' },
      });
      expect(listed.split('\n')[0]).toMatch(/^-rw-r--r-- 0\/0 +\d+ 1980-01-01 00:00 bundle\.json$/);
    }
    expect(bundles[0]?.equals(bundles[1] as Buffer)).toBe(true);
  });

  it(
    'that is damaged, cut off or somebody else’s is refused, and nothing runs',
    { timeout: 300_000 },
    async () => {
      const server = await serve(words);
      const made = project(server.url);
      await made.run(['lock', 'words']);
      const folder = freshFolder();
      const good = join(folder, 'good.tar');
      await made.run(['bundle', 'words', good]);
      const bytes = readFileSync(good);
      const changed = (name: string, change: (path: string) => void): string => {
        const path = join(folder, name);
        copyFileSync(good, path);
        change(path);
        return path;
      };
      const flipped = Buffer.from(bytes);
      const at = flipped.lastIndexOf('one two three');
      flipped[at] = 0x4f;
      const manifest = (text: string): Promise<Buffer> => packed([['bundle.json', text]]);
      const list = JSON.parse(
        bytes.subarray(512, 512 + parseInt(bytes.toString('latin1', 124, 135), 8)).toString(),
      ) as {
        project: { path: string }[];
      };
      const escaping = {
        ...list,
        project: list.project.map((file) => ({ ...file, path: `../${file.path}` })),
      };
      const cases: readonly (readonly [string, string, RegExp])[] = [
        ['a flipped byte', changed('flipped.tar', (path) => writeFileSync(path, flipped)), /expected sha256/],
        ['half of it', changed('half.tar', (path) => truncateSync(path, bytes.length / 2)), /sound/],
        ['none of it', changed('empty.tar', (path) => truncateSync(path, 0)), /it is empty/],
        ['text', changed('text.tar', (path) => writeFileSync(path, 'x'.repeat(2000))), /sound/],
        ['names that lead out', changed('out.tar', () => undefined), /form that cidermill writes/],
        ['no such file', join(folder, 'none.tar'), /there is no file/],
        ['a folder', folder, /cannot be read\ncause: EISDIR/],
      ];
      writeFileSync(join(folder, 'out.tar'), await manifest(JSON.stringify(escaping)));
      for (const [what, path, message] of cases) {
        const elsewhere = testProject({});
        const { code, stdout, stderr } = await elsewhere.run(['run', '--from-bundle', path]);
        expect({ what, code, stdout }).toEqual({ what, code: what === 'no such file' ? 2 : 1, stdout: '' });
        expect(stderr, what).toMatch(message);
        expect(readdirSync(join(elsewhere.root, 'artifacts/.store/v1/tmp'))).toEqual([]);
      }
    },
  );
});

async function packed(files: readonly (readonly [string, string])[]): Promise<Buffer> {
  const archive = pack();
  for (const [name, text] of files) archive.entry({ name }, text);
  archive.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of archive as unknown as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
