import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { describe, expect, it, vi } from 'vitest';
import { canonicalJson, sha256 } from '../../src/base/index.ts';
import { packageRoot } from '../../src/host/index.ts';
import { protocolVersion } from '../../src/step/protocol.ts';
import type { Job } from '../../src/workers/job/job.ts';
import { fileFolder } from '../rig/folder.ts';
import { needs } from '../rig/judges/index.ts';
import { running, uniqueSeconds } from '../rig/project.ts';
import { startServers } from './servers.ts';
import { gather, startWorker, until } from './rig.ts';
import { slowProject } from './slow.ts';

vi.setConfig({ testTimeout: 120_000 });

/** The users of docs/workers.md; each one's password is its name. */
function users(): string {
  const page = readFileSync(join(packageRoot, 'docs/workers.md'), 'utf8');
  const lines = page.split('\n').filter((line) => line.startsWith('user '));
  return lines.map((line) => line.replace(/^user (\w+) on >\S+/, 'user $1 on >$1')).join('\n');
}

const file = join(fileFolder(), 'users.acl');
writeFileSync(
  file,
  `${users()}
user judge on >judge ~* &* +@all
`,
);
const [nginx, redis] = await startServers([`aclfile ${file}`]);

/** The environment of who is that user of Redis. */
const as = (user: string, cache: string): Record<string, string> => ({
  CIDERMILL_WORKERS_PASSWORD: user,
  CIDERMILL_CACHE: `${nginx.url}/${cache}`,
});
const at = (user: string): string => redis.url.replace('//', `//${user}@`);

describe('the users of docs/workers.md', () => {
  it('can do what their roles do, and nothing of it is refused by Redis', async (context) => {
    needs(context, 'nginx', 'redis');
    const word = `acl-${uniqueSeconds()}`;
    const project = slowProject({ one: { word, seconds: 1 }, two: { word, seconds: 600 } });
    const worker = await startWorker(at('worker'), as('worker', 'acl'), ['--name', 'w', '--slots', '2']);
    const child = project.start(['run', 'slow', '--workers', at('coordinator')], as('coordinator', 'acl'));
    const said = gather(child);
    await until(() => worker.said().includes('one: made') && running(word).length > 0, said);
    const shown = await project.run(['workers', at('viewer')], as('viewer', 'acl'));
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toMatch(/^w {2}cidermill .*, 1 of 2 at work\n {2}two, for /);
    child.kill('SIGINT');
    await until(() => worker.said().includes('two: stopped'), said);
    const denied = await acl('ACL', 'LOG');
    expect(denied).toBe('');
  });

  it('can do nothing else', async (context) => {
    needs(context, 'redis');
    const nobody = await redis.cli('get', 'x');
    expect(nobody).toMatch(/NOAUTH/);
    const refused: [user: string, ...command: string[]][] = [
      ['worker', 'sadd', 'cidermill:wanted:x', 'run'],
      ['worker', 'set', 'cidermill:run:x', '1'],
      ['worker', 'zadd', 'cidermill:queues', '1', 'x'],
      ['coordinator', 'set', 'cidermill:worker:x', '{}'],
      ['viewer', 'set', 'cidermill:worker:x', '{}'],
      ['viewer', 'publish', 'cidermill:wake', ''],
      ...['worker', 'coordinator', 'viewer'].flatMap((user): [string, ...string[]][] => [
        [user, 'get', 'another'],
        [user, 'keys', '*'],
        [user, 'flushall'],
        [user, 'config', 'get', '*'],
        [user, 'acl', 'list'],
        [user, 'publish', 'another', ''],
      ]),
    ];
    expect(await redis.cli('--user', 'viewer', '--pass', 'viewer', '--no-auth-warning', 'ping')).toBe('PONG');
    for (const [user, ...command] of refused)
      expect(
        await redis.cli('--user', user, '--pass', user, '--no-auth-warning', ...command),
        command.join(' '),
      ).toMatch(/^(NOPERM|.*no permissions)/);
  });
});

/** Asks Redis as a user that no role has. */
async function acl(...command: readonly string[]): Promise<string> {
  const client = new Redis({ port: redis.port, username: 'judge', password: 'judge', lazyConnect: true });
  try {
    return String(await client.call(command[0] ?? '', ...command.slice(1)));
  } finally {
    client.disconnect();
  }
}

/** A change to a sound job; its key is computed again unless that is what is forged. */
type Forgery = readonly [what: string, forge: (job: Writable) => unknown, answer: RegExp];
type Writable = { -readonly [K in keyof Job]: Job[K] } & { action: Record<string, unknown> };

const digest = 'a'.repeat(64);
const forgeries: readonly Forgery[] = [
  [
    'another digest of its script, under the same key',
    (job) => ({ ...job, action: { ...job.action, modules: { 'scripts/one.ts': digest } } }),
    /it has an action whose digest is not its key/,
  ],
  [
    'another digest of its script, and the key of that',
    (job) => keyed({ ...job, action: { ...job.action, modules: { 'scripts/one.ts': digest } } }),
    /the script scripts\/one\.ts is not the one that the job's key is of: its files are not those that it names/,
  ],
  [
    'a script that is elsewhere',
    (job) => keyed({ ...job, action: { ...job.action, script: '../../etc/passwd.ts' } }),
    /it has a script that is not a path in its project/,
  ],
  [
    'a path in place of a digest of a source',
    (job) => keyed({ ...job, action: { ...job.action, sources: { tree: '/etc' } } }),
    /it has sources that are not named by digests/,
  ],
  [
    'a path in place of a digest of an input',
    (job) =>
      keyed({
        ...job,
        action: { ...job.action, inputs: { file: 'file:/etc/shadow' } },
        inputs: { file: { size: 1 } },
      }),
    /it has inputs that are not named by digests/,
  ],
  [
    'an output that lies elsewhere',
    (job) => keyed({ ...job, action: { ...job.action, outputs: { text: '../../../etc/cron.d/x' } } }),
    /it has outputs that are not paths in its folder/,
  ],
  [
    'a huge action',
    (job) => keyed({ ...job, action: { ...job.action, parameters: { big: 'x'.repeat(70_000) } } }),
    /it is \d+ bytes long, and 65536 are allowed/,
  ],
  [
    "the host's own tools",
    (job) => keyed({ ...job, action: { ...job.action, environment: { kind: 'host', tools: { sh: 'sh' } } } }),
    /it would run on the host's own tools, outside of the sandbox/,
  ],
  [
    'another protocol',
    (job) => keyed({ ...job, action: { ...job.action, protocol: protocolVersion + 1 } }),
    /the job is of step protocol \d+, and this worker speaks \d+/,
  ],
  [
    'another platform',
    (job) => keyed({ ...job, action: { ...job.action, platform: 'linux-arm64' } }),
    /the job is for linux-arm64, and this worker is linux-x64/,
  ],
  [
    'a source from a command',
    (job) => {
      const lock = '{"version":"1","sources":{},"buildroots":{}}';
      const origins = { tree: { git: 'ext::sh -c whoami', revision: 'main' } };
      const parcel = blob({ scriptFiles: [], origins, lock, project: blob([]) });
      return keyed({ ...job, parcel, action: { ...job.action, sources: { tree: digest } } });
    },
    /the job's parcel has no sound origin of the source tree/,
  ],
  [
    'files that lie outside of its project',
    (job) => ({
      ...job,
      parcel: blob({
        ...{ scriptFiles: [], origins: {}, lock: '' },
        project: blob([{ type: 'file', path: '../../x', executable: false, ...blob('x') }]),
      }),
    }),
    /the job's parcel names a listing [0-9a-f]{64} that has an entry without a path inside it/,
  ],
  ['no job at all', () => ({ rm: '-rf' }), /it is not a job of version 1/],
];

function keyed(job: unknown): unknown {
  const { action } = job as Job;
  return { ...(job as Job), key: sha256(canonicalJson(action)) };
}

/** Puts a blob into the cache. */
function blob(value: unknown): { digest: string; size: number } {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  writeFileSync(join(nginx.root, 'forged/cas', sha256(text)), text);
  return { digest: sha256(text), size: text.length };
}

describe('a forged job', () => {
  it('is refused by the worker, which says why, and nothing of it is run', async (context) => {
    needs(context, 'nginx', 'redis');
    const word = `forged-${uniqueSeconds()}`;
    const project = slowProject({ one: { word } });
    const run = project.start(['run', 'slow', '--workers', at('coordinator')], as('coordinator', 'forged'));
    const said = gather(run);
    const client = new Redis({ port: redis.port, username: 'coordinator', password: 'coordinator' });
    const queueOf = async (): Promise<string | undefined> =>
      (await client.zrange('cidermill:queues', '0', '-1'))[0];
    const idOf = (data: unknown): string => String((data as Partial<Job>).key ?? 'nothing');
    let queue: Queue | undefined;
    let name = '';
    try {
      await until(async () => {
        name = (await queueOf()) ?? '';
        if (name === '') return false;
        queue ??= new Queue(name, { connection: client, prefix: 'cidermill', skipVersionCheck: true });
        return (await queue.getWaitingCount()) === 1;
      }, said);
      if (queue === undefined) throw new Error('no queue');
      const [sound] = await queue.getWaiting();
      const job = sound?.data as Job;
      const send = async (data: unknown): Promise<void> => {
        const id = idOf(data);
        await client.sadd(`cidermill:wanted:${id}`, 'run');
        await client.set('cidermill:run:run', '1', 'EX', '600');
        await queue?.remove(id);
        await queue?.add('make', data, { jobId: id });
        await client.publish('cidermill:wake', '');
      };
      run.kill('SIGINT');
      await once(run, 'close');
      const worker = await startWorker(at('worker'), as('worker', 'forged'), ['--name', 'w']);
      for (const [what, forge, answer] of forgeries) {
        const before = worker.said().length;
        const forged = forge(structuredClone(job));
        await send(forged);
        await until(() => worker.said().length > before && worker.said().endsWith('\n'), worker.said);
        expect(worker.said().slice(before), what).toMatch(answer);
        // Whoever has sent it is told.
        let told: unknown;
        const ended = async (): Promise<boolean> => {
          const [text] = await client.hmget(`cidermill:${name}:${idOf(forged)}`, 'returnvalue');
          told = JSON.parse(text ?? 'null');
          return told !== null;
        };
        await until(ended, worker.said);
        expect(told, what).toMatchObject({ kind: 'refused', worker: 'w' });
        expect((told as { message: string }).message, what).toMatch(answer);
      }
      expect(worker.said()).not.toContain(': made');
      await send(job);
      await until(() => worker.said().includes('one: made'), worker.said);
    } finally {
      await queue?.close();
      client.disconnect();
    }
  });
});
