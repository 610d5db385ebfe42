import { execFileSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { packageRoot } from '../../src/host/index.ts';
import { fileFolder } from '../rig/folder.ts';
import { cached } from '../rig/judges/cache.ts';
import { openNet, type Machine, type Net } from '../rig/servers/net-namespaces.ts';
import { redisEnvironment, redisProgram } from '../rig/servers/redis-server.ts';
import { gather, until } from './rig.ts';

/** A program on a machine of its own. */
export interface Running {
  readonly machine: Machine;
  process: ChildProcess;
  said: () => string;
  start(): Promise<void>;
  stop(signal: NodeJS.Signals): Promise<void>;
}

/** Redis, the cache, a coordinator and three workers, each in a network of its own; TLS between all of them. */
export interface Team {
  readonly redis: Running;
  readonly nginx: Running;
  readonly workers: readonly Running[];
  readonly coordinator: Machine;
  /** Redis' address, as that user. */
  address(user: string): string;
  /** Of a process on one of the machines, as that user of Redis. */
  env(user: string): NodeJS.ProcessEnv;
}

const bin = join(packageRoot, 'bin/cidermill.mjs');

/** Nothing of it is left where it cannot be opened: hooks of a file that fails before its tests do not run. */
export async function openTeam(): Promise<Team> {
  const net = await openNet();
  try {
    return await startTeam(net);
  } catch (error) {
    net.close();
    throw error;
  }
}

async function startTeam(net: Net): Promise<Team> {
  const folder = fileFolder();
  const [atRedis, atNginx, coordinator] = [await net.add(), await net.add(), await net.add()];
  const tls = makeCertificates(folder, [atRedis.ip, atNginx.ip]);
  const page = readFileSync(join(packageRoot, 'docs/workers.md'), 'utf8');
  const users = page.split('\n').filter((line) => line.startsWith('user '));
  writeFileSync(
    join(folder, 'users.acl'),
    `${users.map((line) => line.replace(/^user (\w+) on >\S+/, 'user $1 on >$1')).join('\n')}\n`,
  );
  const redisFolder = join(folder, 'redis');
  mkdirSync(redisFolder);
  writeFileSync(
    join(redisFolder, 'redis.conf'),
    [
      ...[`bind ${atRedis.ip}`, 'port 0', 'tls-port 6379', 'tls-auth-clients no', 'save ""'],
      ...[`tls-cert-file ${tls.cert}`, `tls-key-file ${tls.key}`, `tls-ca-cert-file ${tls.ca}`],
      ...[`dir ${redisFolder}`, 'appendonly yes', 'maxmemory-policy noeviction'],
      ...[`aclfile ${folder}/users.acl`, `logfile ${redisFolder}/log`, ''],
    ].join('\n'),
  );
  const nginxFolder = join(folder, 'nginx');
  mkdirSync(join(nginxFolder, 'cache'), { recursive: true });
  writeFileSync(join(nginxFolder, 'nginx.conf'), nginxConfig(nginxFolder, atNginx.ip, tls));
  const env = (user: string): NodeJS.ProcessEnv => ({
    ...process.env,
    NO_COLOR: '1',
    NODE_EXTRA_CA_CERTS: tls.ca,
    CIDERMILL_WORKERS_PASSWORD: user,
    CIDERMILL_CACHE: `https://${atNginx.ip}`,
  });
  const address = (user: string): string => `rediss://${user}@${atRedis.ip}`;
  const redis = program(
    atRedis,
    [
      'bash',
      '-c',
      'exec -a redis-server "$0" "$@"',
      redisProgram('redis-check-rdb'),
      join(redisFolder, 'redis.conf'),
    ],
    redisFolder,
    redisEnvironment(),
    () =>
      existsSync(join(redisFolder, 'log')) &&
      readFileSync(join(redisFolder, 'log'), 'utf8').trimEnd().endsWith('Ready to accept connections'),
  );
  const nginx: Running = program(
    atNginx,
    [
      cached('nginx/usr/sbin/nginx'),
      '-p',
      nginxFolder,
      '-c',
      join(nginxFolder, 'nginx.conf'),
      '-e',
      join(nginxFolder, 'error.log'),
    ],
    nginxFolder,
    process.env,
    () => existsSync(join(nginxFolder, 'nginx.pid')) && nginx.process.exitCode === null,
  );
  await Promise.all([redis.start(), nginx.start()]);
  const workers: Running[] = [];
  for (const name of ['w1', 'w2', 'w3']) {
    const machine = await net.add();
    const home = join(folder, name);
    mkdirSync(home);
    const worker: Running = program(
      machine,
      [process.execPath, bin, 'worker', address('worker'), '--name', name],
      home,
      { ...env('worker'), CIDERMILL_STORE: join(home, 'store') },
      () => worker.said().includes('takes jobs'),
    );
    workers.push(worker);
  }
  await Promise.all(workers.map((worker) => worker.start()));
  return { redis, nginx, workers, coordinator, address, env };
}

function program(
  machine: Machine,
  command: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv,
  isReady: () => boolean,
): Running {
  const running: Running = {
    machine,
    process: undefined as unknown as ChildProcess,
    said: () => '',
    start: async () => {
      running.process = machine.start(command, { cwd, env });
      running.said = gather(running.process);
      await pause(200);
      await until(isReady, running.said);
    },
    stop: async (signal) => {
      const ended = once(running.process, 'exit');
      running.process.kill(signal);
      await ended;
    },
  };
  return running;
}

interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority, and a certificate of its for addresses. */
function makeCertificates(folder: string, ips: readonly string[]): Certificates {
  const [ca, caKey, cert, key] = ['ca.crt', 'ca.key', 'server.crt', 'server.key'].map((name) =>
    join(folder, name),
  );
  if (ca === undefined || caKey === undefined || cert === undefined || key === undefined)
    throw new Error('no names');
  const openssl = (...args: readonly string[]): void => void execFileSync('openssl', args, { stdio: 'pipe' });
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  openssl('req', '-x509', ...ec, '-keyout', caKey, '-out', ca, '-subj', '/CN=team');
  openssl(
    ...[
      'req',
      '-x509',
      ...ec,
      '-keyout',
      key,
      '-out',
      cert,
      '-subj',
      '/CN=server',
      '-CA',
      ca,
      '-CAkey',
      caKey,
    ],
    ...['-addext', `subjectAltName=${ips.map((ip) => `IP:${ip}`).join(',')}`],
    ...['-addext', 'basicConstraints=critical,CA:FALSE'],
  );
  return { ca, cert, key };
}

function nginxConfig(home: string, ip: string, { cert, key }: Certificates): string {
  return `daemon off; master_process off; user root; pid ${home}/nginx.pid; error_log ${home}/error.log;
events { worker_connections 256; }
http {
  access_log off;
  client_body_temp_path ${home}/body; proxy_temp_path ${home}/proxy; fastcgi_temp_path ${home}/fastcgi;
  uwsgi_temp_path ${home}/uwsgi; scgi_temp_path ${home}/scgi;
  server {
    listen ${ip}:443 ssl;
    ssl_certificate ${cert}; ssl_certificate_key ${key};
    root ${home}/cache;
    location / { dav_methods PUT; create_full_put_path on; client_max_body_size 0; }
  }
}
`;
}
