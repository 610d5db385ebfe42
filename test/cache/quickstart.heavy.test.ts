import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { events, stepsOf, testProject } from '../rig/project.ts';
import { startNginx } from './nginx.ts';

/** The store to begin with; without it quickstart is built here first, which takes minutes. */
const warm = process.env['CIDERMILL_STORE'];
const nginx = await startNginx();

it('a second checkout with an empty store runs quickstart without building, from the cache of the first', async () => {
  const [first, second] = [testProject({ 'recipes/.keep': '' }), testProject({ 'recipes/.keep': '' })];
  const cache = { CIDERMILL_CACHE: nginx.url, CIDERMILL_CACHE_PUSH: 'always' };
  const own = warm === undefined ? cache : { ...cache, CIDERMILL_STORE: warm };
  const made = await first.run(['run', 'quickstart', '--json'], own);
  expect(made.code, made.stderr).toBe(0);
  // What a warm store had already was not sent by the run.
  const pushed = await first.run(['cache', 'push', 'quickstart'], own);
  expect(pushed.code, pushed.stderr).toBe(0);

  const before = nginx.requests().length;
  const start = performance.now();
  const taken = await second.run(['run', 'quickstart', '--json'], { CIDERMILL_CACHE: nginx.url });
  const seconds = (performance.now() - start) / 1000;
  expect(taken.code, taken.stderr).toBe(0);
  expect(stepsOf(taken.stdout, 'step-done')).toEqual([]);
  const steps = stepsOf(made.stdout, 'step-cached').length + stepsOf(made.stdout, 'step-done').length;
  expect(stepsOf(taken.stdout, 'step-cached')).toHaveLength(steps);
  const milestones = (root: string): string =>
    readFileSync(join(root, 'artifacts/quickstart/milestones.txt'), 'utf8');
  expect(milestones(second.root)).toBe(milestones(first.root));

  const requests = nginx.requests().slice(before);
  const bytes = requests.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  const end = events(taken.stdout).find(({ type }) => type === 'run-finished');
  console.log(
    `${steps} steps from the cache in ${seconds.toFixed(1)} s: ${requests.length} requests, ${bytes} bytes; ${JSON.stringify(end)}`,
  );
}, 1_800_000);
