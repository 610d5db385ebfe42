import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { readHostFacts } from '../../src/host/index.ts';
import { queueName, readQueueName } from '../../src/workers/redis/names.ts';
import { differences } from '../../src/workers/worker/differences.ts';
import { needs } from '../rig/judges/index.ts';
import { events, uniqueSeconds } from '../rig/project.ts';
import { gather, startWorker, until } from './rig.ts';
import { startServers } from './servers.ts';
import { slowProject } from './slow.ts';

vi.setConfig({ testTimeout: 120_000 });

const [nginx, redis] = await startServers();

describe('a step that asks for more than a worker has', () => {
  it('waits, and the run and `workers` say what for', async (context) => {
    needs(context, 'nginx', 'redis');
    const env = { CIDERMILL_CACHE: `${nginx.url}/needs` };
    const project = slowProject({
      one: { word: uniqueSeconds(), needs: '[kvm, disk:900T]' },
      two: { word: uniqueSeconds() },
    });
    const worker = await startWorker(redis.url, env, ['--name', 'w']);
    const run = project.start(['run', 'slow', '--json', '--workers', redis.url], env);
    const said = gather(run);
    const lack = 'no live worker for kvm and disk:921600G: 1 step waits';
    await until(() => said().includes(lack), said);
    await until(() => worker.said().includes('two: made'), worker.said);
    const shown = await project.run(['workers', redis.url], env);
    expect(shown.stdout).toContain(`1 waiting, 0 at work; ${lack}`);
    const notes = events(said()).filter(({ type }) => type === 'workers-note');
    expect(notes).toHaveLength(1);
    run.kill('SIGKILL');
  });

  it('is made here where there are no workers, or refused before anything is run', async () => {
    const project = slowProject({ one: { word: uniqueSeconds(), needs: '[disk:1K]' } });
    expect(await project.run(['run', 'slow'])).toMatchObject({ code: 0 });
    const greedy = slowProject({ one: { word: uniqueSeconds(), needs: '[disk:900T]' } });
    const refused = await greedy.run(['run', 'slow']);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('there is less free space than its recipe needs');
    const wrong = slowProject({ one: { word: uniqueSeconds(), needs: '[gpu]' } });
    expect((await wrong.run(['run', 'slow'])).stderr).toContain('is neither kvm nor disk:SIZE');
  });
});

describe('KVM', () => {
  it('is shown in the sandbox of a step that needs it, and in no other', async (context) => {
    if (readHostFacts().kvmDevice !== 'usable') context.skip('this user may not open /dev/kvm');
    const text = "(await import('node:fs')).existsSync('/dev/kvm')";
    const project = slowProject({
      with: { word: uniqueSeconds(), text, needs: '[kvm]' },
      without: { word: uniqueSeconds(), text },
    });
    expect(await project.run(['run', 'slow'])).toMatchObject({ code: 0 });
    const made = (name: string): string =>
      readFileSync(join(project.root, `artifacts/of-${name}/text.txt`), 'utf8');
    expect([made('with'), made('without')]).toEqual(['true', 'false']);
  });

  it('is claimed by no worker that has not timed it', async (context) => {
    needs(context, 'redis');
    const project = slowProject({});
    const args = ['worker', redis.url, '--capability', 'kvm'];
    const child = project.start(args, { CIDERMILL_CACHE: 'http://127.0.0.1:1' });
    const said = gather(child);
    await until(() => said().includes('takes jobs') || child.exitCode !== null, said, 60);
    // A host with KVM has it; any other says why not.
    if (child.exitCode === null) child.kill('SIGTERM');
    else expect(said()).toMatch(/KVM (cannot be (used|tried)|is slower than emulation)/);
  });
});

describe('a queue', () => {
  it('is read from its name as it was named', () => {
    const wish = { jobs: 1, protocol: 3, platform: 'linux-x64' };
    for (const more of [{}, { build: '0123456789ab' }])
      for (const kvm of [false, true])
        for (const disk of [0, 100 * 2 ** 30]) {
          const whole = { ...wish, ...more, needs: { kvm, disk } };
          expect(readQueueName(queueName(whole))).toEqual(whole);
        }
    expect(readQueueName('j1.p3.linux-x64.root')).toBeUndefined();
  });
});

describe('two results of one action', () => {
  it('differ in the outputs that have other bytes, but for those that may vary', () => {
    const output = (digest: string) =>
      ({ type: 'file', path: 'x', size: 1, executable: false, digest }) as never;
    const made = { outputs: { same: output('a'), other: output('b'), time: output('c') } };
    const kept = { outputs: { same: output('a'), other: output('x'), time: output('y') } };
    expect(differences(made, kept, ['time'])).toEqual([{ output: 'other', here: 'b', there: 'x' }]);
  });
});
