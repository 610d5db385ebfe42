// 10,000 steps over 1, 10 and 100 workers that sleep for 10 ms instead of making anything: what the real coordinator and
// Redis then take. node --import tsx bench/scale.ts [STEPS]
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openSharedCache } from '../src/cache/index.ts';
import type { PlannedStep, Plan, Recipe } from '../src/recipe/index.ts';
import { openStore, putBytes, type ActionResult, type Store } from '../src/store/index.ts';
import { runPlan } from '../src/engine/run.ts';
import type { StepSources } from '../src/engine/sources/step-sources.ts';
import { openCoordinator } from '../src/workers/coordinator/open-coordinator.ts';
import { readAddress } from '../src/workers/redis/address.ts';
import { ownVersions } from '../src/workers/redis/presence.ts';
import { runWorker } from '../src/workers/worker/worker.ts';
import { cached } from '../test/rig/judges/cache.ts';
import { redisEnvironment, redisProgram } from '../test/rig/servers/redis-server.ts';
import { freePort } from '../test/rig/servers/registry-server.ts';
import { machine, table } from './measure.ts';

/** How long a worker sleeps over a step, in milliseconds. */
const nap = 10;
const mebibyte = 2 ** 20;

let shared: ReturnType<typeof openSharedCache> | undefined;

const [role = '10000', ...rest] = process.argv.slice(2);
if (role === 'coordinator') await coordinate(rest);
else if (role === 'workers') await work(rest);
else await measure(Number(role));

/** Runs each number of workers, each with a Redis, a cache and a coordinator of its own, in processes of their own. */
async function measure(steps: number): Promise<void> {
  const rows: string[][] = [];
  for (const workers of [100, 10, 1]) {
    rows.unshift(await measureOne(steps, workers));
    console.error(rows[0]?.join('  '));
  }
  console.log(`${steps} steps that are ready at once, workers that sleep ${nap} ms; ${machine()}\n`);
  console.log(
    table(
      [
        ...['workers', 'wall s', 'steps a second', 'coordinator: CPU s for 1,000 steps'],
        ...[
          'coordinator: MiB at most',
          'MiB for 1,000 steps',
          'Redis: CPU s for 1,000 steps',
          'Redis: MiB at most',
        ],
      ],
      rows,
    ),
  );
}

async function measureOne(steps: number, workers: number): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'cidermill-scale-'));
  const children: ChildProcess[] = [];
  try {
    const [redisPort, cachePort] = [await freePort(), await freePort()];
    mkdirSync(join(folder, 'cache'));
    writeFileSync(join(folder, 'nginx.conf'), nginxConfig(folder, cachePort));
    children.push(
      spawn(
        redisProgram('redis-check-rdb'),
        [
          '--port',
          String(redisPort),
          '--bind',
          '127.0.0.1',
          '--dir',
          folder,
          '--save',
          '',
          '--appendonly',
          'yes',
        ],
        { argv0: 'redis-server', stdio: 'ignore', env: redisEnvironment() },
      ),
      spawn(
        cached('nginx/usr/sbin/nginx'),
        ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error')],
        {
          stdio: 'ignore',
        },
      ),
    );
    await pause(1000);
    const env = { ...process.env, CIDERMILL_CACHE: `http://127.0.0.1:${cachePort}` };
    const self = (...args: readonly string[]): ChildProcess =>
      spawn(process.execPath, [...process.execArgv, import.meta.filename, ...args], {
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
    const address = `redis://127.0.0.1:${redisPort}`;
    const workshop = self('workers', address, folder, String(workers));
    children.push(workshop);
    // It says a word for each that takes jobs.
    for (let ready = 0; ready < workers;) {
      const [part] = (await once(workshop.stdout ?? workshop, 'data')) as [Buffer];
      ready += part.toString().split('\n').length - 1;
    }
    workshop.stdout?.resume();
    const coordinator = self('coordinator', address, folder, String(steps));
    children.push(coordinator);
    let said = '';
    coordinator.stdout?.on('data', (part: Buffer) => (said += part.toString()));
    const [code] = (await once(coordinator, 'close')) as [number];
    if (code !== 0) throw new Error(`the coordinator failed: ${said}`);
    const { wall, cpu, peak, base } = JSON.parse(said) as Record<string, number>;
    const info = await redisInfo(redisPort);
    const thousands = steps / 1000;
    const redisCpu = (info['used_cpu_user'] ?? 0) + (info['used_cpu_sys'] ?? 0);
    return [
      String(workers),
      (wall ?? 0).toFixed(1),
      (steps / (wall ?? 1)).toFixed(0),
      ((cpu ?? 0) / thousands).toFixed(2),
      ((peak ?? 0) / mebibyte).toFixed(0),
      (((peak ?? 0) - (base ?? 0)) / mebibyte / thousands).toFixed(1),
      (redisCpu / thousands).toFixed(2),
      ((info['used_memory_peak'] ?? 0) / mebibyte).toFixed(1),
    ];
  } finally {
    for (const child of children) child.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The coordinator's process: a plan of that many steps, all ready at once. */
async function coordinate([address = '', folder = '', steps = '']: readonly string[]): Promise<void> {
  const root = join(folder, 'project');
  mkdirSync(join(root, 'scripts'), { recursive: true });
  writeFileSync(join(root, 'scripts/nap.ts'), "import { step } from 'cidermill/step';\nawait step();\n");
  const store = openStore(join(folder, 'coordinator'));
  const plan = planOf(root, Number(steps));
  const sources = { choices: () => [new Map()], changes: () => [] } as unknown as StepSources;
  const openExecutor = await openCoordinator(address, root);
  const before = process.cpuUsage();
  const base = process.memoryUsage.rss();
  let peak = base;
  const watching = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 100);
  const start = performance.now();
  const { outcome } = await runPlan({
    ...{ store, plan, sources, openExecutor, artifacts: join(root, 'artifacts'), jobs: 1, keepGoing: false },
    ...{ offline: false, onHost: false, signal: new AbortController().signal },
    onEvent: (event) => {
      if (event.type === 'step-failed' || event.type === 'workers-note') console.error(event.message);
    },
  });
  clearInterval(watching);
  const { user, system } = process.cpuUsage(before);
  if (outcome !== 'done') throw new Error(`the run ended as ${outcome}`);
  console.log(
    JSON.stringify({ wall: (performance.now() - start) / 1000, cpu: (user + system) / 1e6, peak, base }),
  );
}

function planOf(root: string, steps: number): Plan {
  const at = { file: 'bench', span: { start: 0, end: 0 } };
  const recipe: Recipe = {
    ...{ name: 'nap', root, file: 'recipes/nap.yaml', summary: '', parameters: new Map() },
    ...{ inputs: new Map(), sources: new Map(), summaries: new Map(), varies: new Map() },
    environment: { value: { kind: 'none' }, ...at },
    script: { value: 'scripts/nap.ts', ...at },
    scriptFiles: { value: [], ...at },
    outputs: new Map([['text', { value: 'text.txt', ...at }]]),
  };
  const all = Array.from({ length: steps }, (_, number): PlannedStep => ({
    ...{ name: `nap-${number}`, recipe, inputs: new Map(), after: [], ...at },
    parameters: new Map([['number', { value: number, ...at }]]),
  }));
  return {
    ...{ pipeline: 'scale', parameters: new Map(), summary: '', root, file: 'bench', steps: all },
    ...{ products: [], tables: [], unneeded: [] },
  };
}

/** All workers, in one process: each has its own connections, and takes one job at a time. */
async function work([address = '', folder = '', count = '']: readonly string[]): Promise<void> {
  const store = openStore(join(folder, 'workers'));
  const text = await putBytes(store, 'nap');
  const output = { type: 'file', path: 'text.txt', executable: false, ...text } as const;
  await Promise.all(
    Array.from({ length: Number(count) }, (_, number) =>
      runWorker({
        ...{
          address: readAddress(address),
          name: `w${number}`,
          slots: 1,
          signal: new AbortController().signal,
        },
        onNote: (note) => {
          if (note.includes('takes jobs')) console.log(note);
        },
        describe: () => ({ ...ownVersions(''), version: 'bench', kvm: false, disk: 0, cache: true }),
        serve: async ({ key, action }, worker, _signal, { emit }) => {
          emit({ type: 'step-started', step: '', key, why: [], log: '' });
          await pause(nap);
          const result: ActionResult = {
            ...{ key, action, outputs: { text: output }, notes: [], materials: {}, producers: {} },
            ...{ started: new Date().toISOString(), duration: nap, log: text.digest },
          };
          await cacheOf(store).send(result, text, []);
          return { kind: 'done', worker, how: 'made', differs: [] };
        },
      }),
    ),
  );
}

function cacheOf(store: Store): ReturnType<typeof openSharedCache> {
  return (shared ??= openSharedCache({
    ...{ url: process.env['CIDERMILL_CACHE'] ?? '', push: true, store, patience: 10_000 },
    signal: new AbortController().signal,
    onRefused: ({ message }) => console.error(message),
    onTrouble: ({ message }) => console.error(message),
  }));
}

async function redisInfo(port: number): Promise<Record<string, number>> {
  const client = spawn(redisProgram('redis-cli'), ['-p', String(port), 'info'], { env: redisEnvironment() });
  let text = '';
  client.stdout.on('data', (part: Buffer) => (text += part.toString()));
  await once(client, 'close');
  const pairs = text.split('\n').map((line) => line.trim().split(':'));
  return Object.fromEntries(pairs.map(([name = '', value]) => [name, Number(value)]));
}

function nginxConfig(home: string, port: number): string {
  return `daemon off; master_process off; user ${process.getuid?.() === 0 ? 'root' : 'nobody'}; pid ${home}/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  client_body_temp_path ${home}/body; proxy_temp_path ${home}/proxy; fastcgi_temp_path ${home}/fastcgi;
  uwsgi_temp_path ${home}/uwsgi; scgi_temp_path ${home}/scgi;
  server {
    listen 127.0.0.1:${port}; root ${home}/cache;
    location / { dav_methods PUT; create_full_put_path on; client_max_body_size 0; }
  }
}
`;
}
