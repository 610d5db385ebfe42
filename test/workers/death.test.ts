import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { needs } from '../rig/judges/index.ts';
import { events, running, uniqueSeconds } from '../rig/project.ts';
import { startServers } from './servers.ts';
import { gather, startWorker, until } from './rig.ts';
import { slowProject } from './slow.ts';

vi.setConfig({ testTimeout: 120_000 });

const [nginx, redis] = await startServers();

/** A word that no other process has in its command line. */
const newWord = (): string => `slow-${uniqueSeconds()}`;

describe('a worker that dies', () => {
  it('loses its step to another one, and nothing of it is left', async (context) => {
    needs(context, 'nginx', 'redis');
    const env = { CIDERMILL_CACHE: `${nginx.url}/killed` };
    const word = newWord();
    const project = slowProject({ one: { word, seconds: 3 } });
    const workers = await Promise.all(
      ['w1', 'w2'].map((name) => startWorker(redis.url, env, ['--name', name])),
    );
    const child = project.start(['run', 'slow', '--json', '--workers', redis.url], env);
    const said = gather(child);
    await until(() => running(word).length > 0 && said().includes('"worker":"w'), said);
    const makers = (): unknown[] =>
      events(said().slice(0, said().lastIndexOf('\n') + 1))
        .filter(({ type }) => type === 'step-started')
        .map(({ worker }) => worker);
    const [first] = makers();
    const second = first === 'w1' ? 'w2' : 'w1';
    workers[first === 'w1' ? 0 : 1]?.process.kill('SIGKILL');
    const [code] = (await once(child, 'close')) as [number];
    expect(code, said()).toBe(0);
    expect(makers()).toEqual([first, second]);
    expect(events(said()).find(({ type }) => type === 'workers-note')?.['message']).toBe(
      `${String(first)} was lost while it made one; ${second} makes it again`,
    );
    expect(running(word)).toEqual([]);
  });
});

describe('a run that is cancelled', () => {
  it('stops its step on the worker, unless another run wants it', async (context) => {
    needs(context, 'nginx', 'redis');
    const env = { CIDERMILL_CACHE: `${nginx.url}/cancelled` };
    const word = newWord();
    const project = slowProject({ one: { word, seconds: 600 } });
    const worker = await startWorker(redis.url, env, ['--name', 'w']);
    const args = ['run', 'slow', '--json', '--workers', redis.url];
    const [first, second] = [0, 1].map((number) =>
      project.start(args, { ...env, CIDERMILL_STORE: `${project.root}/store-${number}` }),
    );
    const said = [first, second].map((child) => child && gather(child));
    const wanted = async (): Promise<boolean> =>
      (await redis.cli(
        'eval',
        "return redis.call('scard', redis.call('keys', 'cidermill:wanted:*')[1])",
        '0',
      )) === '2';
    await until(async () => running(word).length > 0 && (await wanted()), worker.said);

    first?.kill('SIGINT');
    await once(first ?? project.start([]), 'close');
    expect(running(word)).not.toEqual([]);

    second?.kill('SIGINT');
    await until(
      () => worker.said().includes('one: stopped'),
      () => said.map((each) => each?.()).join('\n'),
    );
    expect(running(word)).toEqual([]);
  });
});

describe('two coordinators', () => {
  it('with the same pipeline have every action made once', async (context) => {
    needs(context, 'nginx', 'redis');
    const env = { CIDERMILL_CACHE: `${nginx.url}/two` };
    const names = ['one', 'two', 'three', 'four'];
    const project = slowProject(Object.fromEntries(names.map((name) => [name, { word: newWord() }])));
    const workers = await Promise.all(
      [1, 2].map((number) => startWorker(redis.url, env, ['--name', `w${number}`])),
    );
    const runs = await Promise.all(
      ['a', 'b'].map((name) =>
        project.run(['run', 'slow', '--json', '--workers', redis.url], {
          ...env,
          CIDERMILL_STORE: `${project.root}/store-${name}`,
        }),
      ),
    );
    for (const run of runs) expect(run).toMatchObject({ code: 0, stderr: '' });
    const made = workers.flatMap(({ said }) => said().match(/^\w+: made$/gm) ?? []);
    expect(made.sort()).toEqual(names.map((name) => `${name}: made`).sort());
  });
});
