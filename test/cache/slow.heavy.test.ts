import { expect, it } from 'vitest';
import { events, stepsOf } from '../rig/project.ts';
import { startCacheServer } from './cache-server.ts';
import { letterProject } from './letters.ts';
import { machine } from './rig.ts';

it('an artifact that takes longer to come than to make is given up, and the cache with it', async () => {
  const server = await startCacheServer();
  const [first, second] = [machine(server.url), machine(server.url)];
  const files = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`folder/${i}`, `file ${i}`]));
  const made = await first.make('slow', files);
  await first.send(made);
  expect(await machine(server.url).take(made.action)).toBeDefined();
  // Each answer comes in time, sixteen at once, and all of them do not.
  server.whim = (request, response) => {
    const body = server.bodies.get(request.url ?? '');
    if (request.method !== 'GET' || body === undefined || !request.url?.startsWith('/cas/')) return false;
    setTimeout(() => response.writeHead(200, { 'content-length': body.length }).end(body), 8_000).unref();
    return true;
  };
  const began = Date.now();
  expect(await second.take(made.action)).toBeUndefined();
  expect(second.troubles.map(({ message }) => message)).toEqual([
    expect.stringMatching(/ is too slow: an artifact did not come within 30 s$/),
  ]);
  // It was not waited for much longer than that.
  expect(Date.now() - began).toBeLessThan(60_000);
  const asked = server.requests.length;
  expect(await second.take((await first.make('next', {})).action)).toBeUndefined();
  expect(server.requests).toHaveLength(asked);
}, 180_000);

it('a cache that sends without an end is said once, and the run passes without it', async () => {
  const server = await startCacheServer();
  server.whim = (_, response) => {
    response.writeHead(200);
    setInterval(() => response.write('x'), 5000).unref();
    return true;
  };
  const run = await letterProject(['ann', 'bob']).run(['run', 'post', '--json'], {
    CIDERMILL_CACHE: server.url,
    CIDERMILL_CACHE_PUSH: 'always',
  });
  expect(run).toMatchObject({ code: 0, stderr: '' });
  expect(stepsOf(run.stdout, 'step-done').sort()).toEqual(['ann', 'bob', 'bundle']);
  const notes = events(run.stdout).filter(({ type }) => type === 'cache-note');
  expect(notes).toHaveLength(1);
  expect(notes[0]?.['message']).toMatch(/does not answer/);
}, 180_000);
