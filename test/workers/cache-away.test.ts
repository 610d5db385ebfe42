import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { needs } from '../rig/judges/index.ts';
import { events, running, uniqueSeconds } from '../rig/project.ts';
import { openGate } from './gate.ts';
import { gather, startWorker, until } from './rig.ts';
import { startServers } from './servers.ts';
import { slowProject } from './slow.ts';

vi.setConfig({ testTimeout: 180_000 });

const [nginx, redis] = await startServers();

/** Who began to make the steps of a run, one after the other. */
const makers = (said: string): string[] =>
  events(said)
    .filter(({ type }) => type === 'step-started')
    .map(({ worker }) => String(worker));

describe('a worker that the cache does not answer any more', () => {
  it('gives back what it has made, takes nothing else, and sends it later', async (context) => {
    needs(context, 'nginx', 'redis');
    const cache = `${nginx.url}/alone`;
    const gate = await openGate(cache);
    const word = `away-${uniqueSeconds()}`;
    // It does not come out the same twice: what the first one made is compared with what is kept.
    const project = slowProject({ one: { word, seconds: 8, text: 'process.hrtime.bigint()' } });
    const cut = await startWorker(redis.url, { CIDERMILL_CACHE: gate.url }, ['--name', 'cut']);
    const run = project.start(['run', 'slow', '--json', '--workers', redis.url], { CIDERMILL_CACHE: cache });
    const ended = once(run, 'close');
    const said = gather(run);
    await until(() => running(word).length > 0, cut.said);
    gate.shut();
    const shut = performance.now();
    const other = await startWorker(redis.url, { CIDERMILL_CACHE: cache }, ['--name', 'other']);
    await until(() => said().includes('"worker":"other"'), said, 90);
    console.log(JSON.stringify({ again: Math.round((performance.now() - shut) / 100) / 10 }));
    const shown = await project.run(['workers', redis.url]);
    expect(shown.stdout).toMatch(/^cut {2}.*0 of 1 at work, does not reach the shared cache$/m);
    const [code] = (await ended) as [number];
    expect(code, said()).toBe(0);
    expect(makers(said())).toEqual(['cut', 'other']);
    expect(said()).toContain('cut gave one back; other makes it');
    expect(cut.said()).toMatch(/^http:\S+ does not answer: .*: no job is taken until it answers$/m);

    gate.open();
    await until(() => /^one: made$/m.test(cut.said()), cut.said);
    expect(cut.said()).toContain('the shared cache answers again: jobs are taken');
    expect(other.said()).toMatch(/^one: made$/m);
    expect((await project.run(['workers', redis.url])).stdout).toMatch(
      /^not reproducible: text of [0-9a-f]{12}: [0-9a-f]{64} is kept, cut made [0-9a-f]{64}$/m,
    );
  });
});

describe('a cache that is away for all', () => {
  it('loses nothing that was made: it is sent when it is back, and made once', async (context) => {
    needs(context, 'nginx', 'redis');
    const env = { CIDERMILL_CACHE: `${nginx.url}/all` };
    const word = `away-${uniqueSeconds()}`;
    const names = ['one', 'two'];
    const project = slowProject(Object.fromEntries(names.map((name) => [name, { word, seconds: 8 }])));
    const workers = await Promise.all(
      ['w1', 'w2', 'idle'].map((name) => startWorker(redis.url, env, ['--name', name])),
    );
    const run = project.start(['run', 'slow', '--json', '--workers', redis.url], env);
    const ended = once(run, 'close');
    const said = gather(run);
    await until(() => makers(wholeLines(said())).length === 2 && running(word).length >= 2, said);
    await nginx.stop();
    const heard = (): string => workers.map((worker) => worker.said()).join('\n');
    // By then the coordinator has asked for it too.
    await until(() => /could not be sent/.test(heard()), heard, 60);
    await nginx.start();
    const [code] = (await ended) as [number];
    expect(code, `${said()}\n${heard()}`).toBe(0);
    expect(makers(said())).toHaveLength(2);
    for (const name of names) expect(heard().match(new RegExp(`^${name}: made$`, 'gm'))).toHaveLength(1);
    expect(said()).not.toContain('made on this machine');
  });
});

function wholeLines(said: string): string {
  return said.slice(0, said.lastIndexOf('\n') + 1);
}
