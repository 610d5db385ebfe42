import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { needs } from '../rig/judges/index.ts';
import { events, running, stepsOf, uniqueSeconds } from '../rig/project.ts';
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
    const [first] = stepMakers(said());
    const second = first === 'w1' ? 'w2' : 'w1';
    workers[first === 'w1' ? 0 : 1]?.process.kill('SIGKILL');
    const [code] = (await once(child, 'close')) as [number];
    expect(code, said()).toBe(0);
    expect(stepMakers(said())).toEqual([first, second]);
    expect(events(said()).find(({ type }) => type === 'workers-note')?.['message']).toBe(
      `${String(first)} was lost while it made one; ${second} makes it again`,
    );
    expect(running(word)).toEqual([]);
  });
});

describe('the last worker', () => {
  it('that dies leaves its step to the next one that comes, and the run says what it waits for', async (context) => {
    needs(context, 'nginx', 'redis');
    const env = { CIDERMILL_CACHE: `${nginx.url}/last` };
    const word = newWord();
    const project = slowProject({ one: { word, seconds: 3 } });
    const last = await startWorker(redis.url, env, ['--name', 'last']);
    const child = project.start(['run', 'slow', '--json', '--workers', redis.url], env);
    const ended = once(child, 'close');
    const said = gather(child);
    await until(() => running(word).length > 0, said);
    last.process.kill('SIGKILL');
    const lost = performance.now();
    await until(() => said().includes('no live worker: 1 step waits'), said);
    const told = seconds(lost);
    await until(async () => (await redis.cli('llen', `${await queueOf()}:wait`)) === '1', said);
    const back = seconds(lost);
    const next = await startWorker(redis.url, env, ['--name', 'next']);
    const came = performance.now();
    await until(() => running(word).length > 0, next.said);
    console.log(JSON.stringify({ lost: 'the last worker', told, back, begunAgain: seconds(came) }));
    const [code] = (await ended) as [number];
    expect(code, said()).toBe(0);
    expect(stepMakers(said())).toEqual(['last', 'next']);
  });

  it('of three that die with a step makes it fail, though nobody is left', async (context) => {
    needs(context, 'nginx', 'redis');
    const env = { CIDERMILL_CACHE: `${nginx.url}/three` };
    const word = newWord();
    const project = slowProject({ one: { word, seconds: 600 } });
    const child = project.start(['run', 'slow', '--json', '--workers', redis.url], env);
    const ended = once(child, 'close');
    const said = gather(child);
    for (const name of ['a', 'b', 'c']) {
      const worker = await startWorker(redis.url, env, ['--name', name]);
      await until(() => running(word).length > 0, worker.said, 60);
      worker.process.kill('SIGKILL');
      await until(() => running(word).length === 0, said);
    }
    const [code] = (await ended) as [number];
    expect(code).toBe(1);
    expect(events(said()).find(({ type }) => type === 'step-failed')?.['message']).toBe(
      '3 workers were lost while they made it: a, b, c',
    );
  });
});

/** Since then, with one place. */
function seconds(since: number): number {
  return Math.round((performance.now() - since) / 100) / 10;
}

/** The queue that all of these steps wait in, as Redis has it. */
async function queueOf(): Promise<string> {
  return `cidermill:${await redis.cli('zrange', 'cidermill:queues', '0', '0')}`;
}

/** Who began to make the steps of a run, one after the other. */
function stepMakers(said: string): unknown[] {
  return events(said.slice(0, said.lastIndexOf('\n') + 1))
    .filter(({ type }) => type === 'step-started')
    .map(({ worker }) => worker);
}

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
    const steps = names.map((name) => [name, { word: newWord(), seconds: 2 }] as const);
    const project = slowProject(Object.fromEntries(steps));
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
    // Both waited for the same steps, rather than one of them for what the other had made before.
    const waited = runs.map(({ stdout }) => stepsOf(stdout, 'step-done'));
    expect(waited[0]?.some((name) => waited[1]?.includes(name))).toBe(true);
    const made = workers.flatMap(({ said }) => said().match(/^\w+: made$/gm) ?? []);
    expect(made.sort()).toEqual(names.map((name) => `${name}: made`).sort());
  });
});
