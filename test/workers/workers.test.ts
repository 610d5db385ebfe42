import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { sha256 } from '../../src/base/index.ts';
import { letterProject, ownFileProject } from '../cache/letters.ts';
import { needs } from '../rig/judges/index.ts';
import { events, running, stepsOf, uniqueSeconds } from '../rig/project.ts';
import { startServers } from './servers.ts';
import { gather, startWorker, until } from './rig.ts';
import { slowProject } from './slow.ts';

vi.setConfig({ testTimeout: 600_000 });

const [nginx, redis] = await startServers();

describe('a run with workers', () => {
  it('has its steps made by a worker, and publishes what a run without workers does', async (context) => {
    needs(context, 'nginx', 'redis');
    const env = { CIDERMILL_CACHE: `${nginx.url}/first` };
    const project = letterProject(['ann', 'bob'], 3_000_000);
    await startWorker(redis.url, env, ['--name', 'w1']);
    const run = await project.run(['run', 'post', '--json', '--workers', redis.url], env);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    const done = events(run.stdout).filter(({ type }) => type === 'step-done');
    expect(done.map(({ step, worker }) => [step, worker]).sort()).toEqual([
      ['ann', 'w1'],
      ['bob', 'w1'],
      ['bundle', 'w1'],
    ]);
    expect((await project.run(['log', 'post', 'ann'])).stdout).toContain('the log of ann');

    const alone = letterProject(['ann', 'bob'], 3_000_000);
    const local = await alone.run(['run', 'post', '--json']);
    expect(stepsOf(local.stdout, 'step-done')).toHaveLength(3);
    const digests = (output: string): unknown =>
      events(output)
        .filter(({ type }) => type === 'product-published')
        .map(({ product, files }) => [product, files]);
    expect(digests(run.stdout)).toEqual(digests(local.stdout));
  });

  it('tells what they do while they do it, and its report has a lane for each', async (context) => {
    needs(context, 'nginx', 'redis');
    const env = { CIDERMILL_CACHE: `${nginx.url}/lanes` };
    const word = `lanes-${uniqueSeconds()}`;
    const steps = ['one', 'two'];
    const project = slowProject(Object.fromEntries(steps.map((name) => [name, { word, seconds: 4 }])));
    await Promise.all(['left', 'right'].map((name) => startWorker(redis.url, env, ['--name', name])));
    const child = project.start(['run', 'slow', '--json', '--workers', redis.url], env);
    const closed = once(child, 'close');
    const said = gather(child);
    const heard = (type: string): Record<string, unknown>[] =>
      events(said().slice(0, said().lastIndexOf('\n') + 1)).filter((event) => event.type === type);
    await until(() => heard('step-output').length === 2, said);
    // It is heard while it is made.
    expect(running(word).length).toBeGreaterThanOrEqual(2);
    const [code] = (await closed) as [number];
    expect(code, said()).toBe(0);
    expect(heard('step-output').map(({ line }) => line)).toEqual(['begun', 'begun']);
    expect(heard('step-event').map(({ event }) => event)).toEqual(
      steps.map(() => ({ type: 'output', name: 'text' })),
    );
    const makerOf = (step: string): string =>
      String(heard('step-started').find((event) => event['step'] === step)?.['worker']);
    expect(steps.map(makerOf).sort()).toEqual(['left', 'right']);

    const page = (await project.run(['report', '-o', '-'])).stdout;
    const lanes = page.split('scope="rowgroup"').slice(1);
    expect(lanes).toHaveLength(2);
    const laneOf = (worker: string): string => lanes.find((lane) => lane.includes(`>${worker}</th>`)) ?? '';
    for (const step of steps) expect(laneOf(makerOf(step))).toMatch(new RegExp(`scope="row">\\s*${step}\\b`));

    const trace = JSON.parse((await project.run(['report', '--trace', '-'])).stdout) as {
      traceEvents: { ph: string; pid: number; name: string; args?: { name?: string } }[];
    };
    const processOf = (worker: string): number | undefined =>
      trace.traceEvents.find(({ name, args }) => name === 'process_name' && args?.name === worker)?.pid;
    for (const step of steps)
      expect(trace.traceEvents.find(({ ph, name }) => ph === 'X' && name === step)?.pid).toBe(
        processOf(makerOf(step)),
      );
  });

  it('has an action made once that two of its steps are', async (context) => {
    needs(context, 'nginx', 'redis');
    const env = { CIDERMILL_CACHE: `${nginx.url}/twins` };
    const project = letterProject(['ann']);
    project.write(
      'pipelines/twins.yaml',
      `pipeline: twins
summary: The same letter twice
steps:
  one: { recipe: letter, with: { name: ann } }
  two: { recipe: letter, with: { name: ann } }
products:
  first: { from: { letter: "\${one.letter}" } }
  second: { from: { letter: "\${two.letter}" } }
`,
    );
    await startWorker(redis.url, env, ['--name', 'w2']);
    const run = await project.run(['run', 'twins', '--json', '--workers', redis.url], env);
    expect(run).toMatchObject({ code: 0, stderr: '' });
    expect(stepsOf(run.stdout, 'step-done')).toHaveLength(1);
    expect(stepsOf(run.stdout, 'step-cached')).toHaveLength(1);
  });

  it('makes steps on files of the user’s itself, unless a worker is trusted with them', async (context) => {
    needs(context, 'nginx', 'redis');
    const env = { CIDERMILL_CACHE: `${nginx.url}/own` };
    const project = ownFileProject();
    await Promise.all(['x1', 'x2'].map((name) => startWorker(redis.url, env, ['--name', name])));
    const args = ['run', 'own', '--set', 'file=mine.txt', '--json', '--workers', redis.url];
    const makers = (output: string): Record<string, unknown> =>
      Object.fromEntries(
        events(output)
          .filter(({ type }) => type === 'step-done')
          .map(({ step, worker }): [string, unknown] => [String(step), worker]),
      );
    const kept = await project.run(args, env);
    expect(kept).toMatchObject({ code: 0, stderr: '' });
    expect(makers(kept.stdout)).toMatchObject({ counted: undefined, after: undefined });
    expect(makers(kept.stdout)['ann']).toMatch(/^x[12]$/);
    const digest = sha256('an installer of mine');
    expect(readdirSync(join(nginx.root, 'own/cas'))).not.toContain(digest);
    // Redis has written down all that it was told, of the other step too.
    const written = inRedis();
    expect(written).toContain('scripts/letter.ts');
    expect(written).not.toContain('an installer of mine');
    expect(written).not.toContain(digest);

    project.write('cidermill.yaml', `cache: { url: '${nginx.url}/trusted', private: true }\n`);
    const trusting = {
      ...env,
      CIDERMILL_CACHE: `${nginx.url}/own`,
      CIDERMILL_STORE: `${project.root}/other`,
    };
    const given = await project.run([...args, '--trust-worker', 'x2'], trusting);
    expect(given).toMatchObject({ code: 0, stderr: '' });
    expect(makers(given.stdout)).toMatchObject({ counted: 'x2', after: 'x2' });
  });
});

/** All that Redis has been told, as it has written it down. */
function inRedis(): string {
  const folder = join(redis.folder, 'appendonlydir');
  return readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'latin1'))
    .join('\n');
}
