import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { freshFolder } from '../rig/folder.ts';
import { absence, needs } from '../rig/judges/index.ts';
import { events, stepsOf, type Ended, type TestProject } from '../rig/project.ts';
import { startCacheServer, type CacheServer, type Whim } from './cache-server.ts';
import { letterProject, ownFileProject } from './letters.ts';
import { startNginx, type Nginx } from './nginx.ts';
import { signer } from './rig.ts';

// Several runs each, which take a while on a machine that does other things too.
vi.setConfig({ testTimeout: 600_000 });

// Begun where the file is read, so that it ends with the file's tests, which skip where it is absent.
const [nginx] = (absence('nginx') === undefined ? [await startNginx()] : []) as [Nginx];

const sending = (url: string): Record<string, string> => ({
  CIDERMILL_CACHE: url,
  CIDERMILL_CACHE_PUSH: 'always',
});

/** What a run's last event says of the cache. */
const useIn = ({ stdout }: Ended): unknown => events(stdout).at(-1)?.['cache'];

/** The products' files and what is in them. */
function published({ root }: TestProject): Record<string, string> {
  const folder = join(root, 'artifacts/.products');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && !entry.name.startsWith('.'),
  );
  return Object.fromEntries(
    files.map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [relative(folder, path), readFileSync(path, 'utf8')];
    }),
  );
}

function forgetAll({ root }: TestProject): void {
  rmSync(join(root, 'artifacts'), { recursive: true, force: true });
}

describe("a team's cache", () => {
  it('gives to a second checkout with an empty store what the first has made, and no step runs there', async (context) => {
    needs(context, 'nginx');
    const [first, second] = [
      letterProject(['ann', 'bob'], 3_000_000),
      letterProject(['ann', 'bob'], 3_000_000),
    ];
    const made = await first.run(['run', 'post', '--json'], sending(`${nginx.url}/one`));
    expect(made).toMatchObject({ code: 0, stderr: '' });
    expect(stepsOf(made.stdout, 'step-done').sort()).toEqual(['ann', 'bob', 'bundle']);
    const cache = { CIDERMILL_CACHE: `${nginx.url}/one` };

    const plan = await second.run(['plan', 'post'], cache);
    expect(plan).toMatchObject({ code: 0, stderr: '' });
    expect(plan.stdout).toMatch(/^ann +from the team's cache$/m);
    expect(plan.stdout).toMatch(/^bundle +from the team's cache$/m);
    expect(plan.stdout).toContain("Nothing to build: of 3 steps 0 are cached and 3 from the team's cache.");

    const taken = await second.run(['run', 'post', '--json'], cache);
    expect(taken).toMatchObject({ code: 0, stderr: '' });
    expect(stepsOf(taken.stdout, 'step-started')).toEqual([]);
    expect(stepsOf(taken.stdout, 'step-cached').sort()).toEqual(['ann', 'bob', 'bundle']);
    expect(Object.keys(published(first))).toHaveLength(7);
    expect(published(second)).toEqual(published(first));
    expect(useIn(made)).toMatchObject({ hits: 0, misses: 3, pushed: 3, received: 0, refused: 0 });
    expect(useIn(taken)).toMatchObject({
      hits: 3,
      misses: 0,
      pushed: 0,
      sent: 0,
      refused: 0,
      answers: { 200: 22 },
    });
    expect((await second.run(['log', 'post', 'ann'])).stdout).toContain('the log of ann');

    const status = await second.run(['cache', 'status'], cache);
    expect(status).toMatchObject({ code: 0, stderr: '' });
    expect(status.stdout).toContain(`${nginx.url}/one\n`);
    expect(status.stdout).toContain('3 hits, 0 missed, 0 refused, 0 sent');
    expect(status.stdout).toContain('answers: 22 × 200');

    const audit = await second.run(['cache', 'audit', 'post', '--sample', '50%'], cache);
    expect(audit).toMatchObject({ code: 0, stderr: '' });
    expect(audit.stdout).toContain('2 of 3 steps made again that');
  });

  it('is asked for nothing, and nothing of it is loaded, by a run that has all of its steps or names no cache', async () => {
    const project = letterProject(['ann']);
    const coverage = freshFolder();
    const loaded = async (env: Record<string, string>): Promise<string[]> => {
      rmSync(coverage, { recursive: true, force: true });
      expect(await project.run(['run', 'post'], { ...env, NODE_V8_COVERAGE: coverage })).toMatchObject({
        code: 0,
      });
      return readdirSync(coverage).flatMap((name) => {
        const text = readFileSync(join(coverage, name), 'utf8');
        return ['cacheAgents', 'teamSettings', 'openTeam'].filter((word) =>
          text.includes(`"functionName":"${word}"`),
        );
      });
    };
    const server = await startCacheServer();
    // The first proves that what is looked for is found where it is loaded.
    expect((await loaded(sending(server.url))).sort()).toEqual(['cacheAgents', 'openTeam', 'teamSettings']);
    server.requests.length = 0;
    expect(await loaded(sending(server.url))).toEqual([]);
    expect(server.requests).toEqual([]);
    forgetAll(project);
    expect(await loaded({})).toEqual(['teamSettings']);
  });

  it('with 20 damaged blobs gives none of them: each is named, and the run makes its own', async (context) => {
    needs(context, 'nginx');
    const names = 'a b c d e f g h i j'.split(' ');
    const [first, second] = [letterProject(names), letterProject(names)];
    const url = `${nginx.url}/damaged`;
    expect(await first.run(['run', 'post'], sending(url))).toMatchObject({ code: 0 });
    const damaged: string[] = [];
    for (const digest of readdirSync(join(nginx.root, 'damaged/cas'))) {
      const path = join(nginx.root, 'damaged/cas', digest);
      const bytes = readFileSync(path);
      if (damaged.length === 20 || !/^(Dear|one for)/.test(bytes.toString())) continue;
      const at = bytes.length >> 1;
      bytes[at] = (bytes[at] ?? 0) ^ 4;
      writeFileSync(path, bytes);
      damaged.push(digest);
    }
    expect(damaged).toHaveLength(20);
    const run = await second.run(['run', 'post', '--json'], { CIDERMILL_CACHE: url });
    expect(run).toMatchObject({ code: 0, stderr: '' });
    const refused = events(run.stdout).filter(({ type }) => type === 'cache-refused');
    expect(refused.map(({ digest }) => digest).sort()).toEqual(damaged.sort());
    for (const { digest, message } of refused) expect(message).toContain(digest);
    expect(useIn(run)).toMatchObject({ refused: 20, hits: 1, misses: 10 });
    expect(published(second)).toEqual(published(first));
  });

  it('with signers to trust gives what they have signed, and nothing else', async () => {
    const server = await startCacheServer();
    const [ci, other] = [signer('ci@example.org'), signer('other@example.org')];
    const project = letterProject(['ann']);
    const signed = { ...sending(server.url), CIDERMILL_CACHE_SIGN: ci.key };
    expect(await project.run(['run', 'post'], signed)).toMatchObject({ code: 0, stderr: '' });
    const settings = (trust: string): string =>
      `trust: host\ncache: { url: '${server.url}', trust: '${trust}' }\n`;

    project.write('cidermill.yaml', settings(ci.allowed));
    forgetAll(project);
    const taken = await project.run(['run', 'post', '--json']);
    expect(useIn(taken)).toMatchObject({ hits: 2, misses: 0, refused: 0 });

    project.write('cidermill.yaml', settings(other.allowed));
    forgetAll(project);
    const refused = await project.run(['run', 'post', '--json']);
    expect(refused).toMatchObject({ code: 0, stderr: '' });
    expect(useIn(refused)).toMatchObject({ hits: 0, misses: 2, refused: 2 });
    expect(stepsOf(refused.stdout, 'step-done').sort()).toEqual(['ann', 'bundle']);

    project.write('cidermill.yaml', settings('nowhere'));
    forgetAll(project);
    const missing = await project.run(['run', 'post']);
    expect(missing.code).toBe(2);
    expect(missing.stderr).toMatch(/there is no file .*nowhere, which "trust:" in cidermill\.yaml names/);
  });

  it('does not get what was made from files of the user’s, unless the project says so', async () => {
    const server = await startCacheServer();
    const project = ownFileProject();
    const args = ['run', 'own', '--set', 'file=mine.txt', '--json'];
    const kept = await project.run(args, sending(server.url));
    expect(kept).toMatchObject({ code: 0, stderr: '' });
    expect(stepsOf(kept.stdout, 'step-done').sort()).toEqual(['after', 'ann', 'counted']);
    expect(server.requests.filter((each) => each.includes('/ac/')).map((each) => each.slice(0, 3))).toEqual([
      'GET',
      'PUT',
    ]);

    project.write(
      'cidermill.yaml',
      `trust: host\ncache: { url: '${server.url}', push: always, private: true }\n`,
    );
    forgetAll(project);
    const shared = await project.run(args);
    expect(useIn(shared)).toMatchObject({ hits: 1, misses: 2, pushed: 2 });
  });
});

describe('an audit of a cache', () => {
  it('ends with 1 and names what is made again with other bytes, and what this store has otherwise', async () => {
    const server = await startCacheServer();
    const project = letterProject(['ann']);
    const steady = readFileSync(join(project.root, 'scripts/letter.ts'), 'utf8');
    project.write('scripts/letter.ts', steady.replace("'Dear '", "'Dear ' + process.hrtime.bigint()"));
    expect(await project.run(['run', 'post'], sending(server.url))).toMatchObject({ code: 0 });
    const reading = { CIDERMILL_CACHE: server.url };
    const audit = ['cache', 'audit', 'post', '--sample', '100%'];
    const same = await project.run(audit, reading);
    expect(same.code, same.stderr).toBe(1);
    expect(same.stdout).toMatch(/^ann +differs, .+\n +letter: letter\.txt: other bytes$/m);
    expect(same.stdout).not.toContain('the cache has other bytes than this store');
    // The same keys made again, without the cache: other bytes in this store than in the cache.
    forgetAll(project);
    expect(await project.run(['run', 'post'])).toMatchObject({ code: 0 });
    const other = await project.run(audit, reading);
    expect(other.code, other.stderr).toBe(1);
    expect(other.stdout).toMatch(/^ann: the cache has other bytes than this store of letter$/m);
    project.write('scripts/letter.ts', steady);
    expect(await project.run(['run', 'post'], sending(server.url))).toMatchObject({ code: 0 });
    expect((await project.run(audit, reading)).code).toBe(0);
  });
});

describe('a run whose cache fails', () => {
  let server: CacheServer;
  let project: TestProject;
  beforeEach(async () => {
    server = await startCacheServer();
    project = letterProject(['ann', 'bob']);
  });
  const answering =
    (status: number, method?: string): Whim =>
    (request, response) => {
      if (method !== undefined && request.method !== method) return false;
      response.writeHead(status).end();
      return true;
    };
  const whims: [what: string, whim: Whim, note: RegExp][] = [
    ['refuses its credentials', answering(401), /answers 401 \(unauthorized\) to GET/],
    ['is broken', answering(500), /answers 500 \(internal error\)/],
    ['is full', answering(507, 'PUT'), /answers 507 \(full\) to PUT/],
    ['never answers', () => true, /does not answer: Timeout/],
    [
      'breaks off in mid-body',
      (_, response) => (
        response.writeHead(200, { 'content-length': 99 }),
        response.write('x'),
        response.destroy(),
        true
      ),
      /does not answer/,
    ],
  ];
  it.each(whims)('because it %s, passes, and says so once', async (_, whim, note) => {
    server.whim = whim;
    const run = await project.run(['run', 'post', '--json'], sending(server.url));
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(stepsOf(run.stdout, 'step-done').sort()).toEqual(['ann', 'bob', 'bundle']);
    const notes = events(run.stdout).filter(({ type }) => type === 'cache-note');
    expect(notes).toHaveLength(1);
    expect(notes[0]?.['message']).toMatch(note);
  });

  it('because it is killed in mid-run, passes with what it got before', async () => {
    expect(await project.run(['run', 'post'], sending(server.url))).toMatchObject({ code: 0 });
    const before = published(project);
    forgetAll(project);
    let left = 6;
    server.whim = () => {
      if (left-- > 0) return false;
      server.close();
      return true;
    };
    const run = await project.run(['run', 'post', '--json'], sending(server.url));
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(stepsOf(run.stdout, 'step-done').length).toBeGreaterThan(0);
    expect(published(project)).toEqual(before);
    expect(events(run.stdout).filter(({ type }) => type === 'cache-note')).toHaveLength(1);
    const status = await project.run(['cache', 'status'], { CIDERMILL_CACHE: server.url });
    expect(status.code).toBe(1);
    expect(status.stdout).toMatch(/answer +http.* does not answer: connect ECONNREFUSED/);
  });
});
