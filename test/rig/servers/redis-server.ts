import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { fileFolder } from '../folder.ts';
import { cached } from '../judges/cache.ts';
import { listening } from './listening.ts';
import { freePort } from './registry-server.ts';

/** Debian's Redis as docs/workers.md sets it up, as an ordinary process on loopback. */
export interface RedisServer {
  readonly port: number;
  /** Its address, without a user. */
  readonly url: string;
  /** Absolute: where its files are. */
  readonly folder: string;
  start(): Promise<void>;
  /** @param signal SIGKILL leaves what its append-only file has */
  stop(signal?: NodeJS.Signals): Promise<void>;
  /** Sends commands, and gives what is answered. */
  cli(...args: readonly string[]): Promise<string>;
}

/** @param more lines of its configuration */
export async function startRedis(more: readonly string[] = []): Promise<RedisServer> {
  const folder = fileFolder();
  const port = await freePort();
  const config = join(folder, 'redis.conf');
  writeFileSync(
    config,
    [
      ...['bind 127.0.0.1', `port ${port}`, `dir ${folder}`, 'daemonize no', 'save ""'],
      ...['appendonly yes', 'maxmemory-policy noeviction', `logfile ${folder}/log`, ...more, ''],
    ].join('\n'),
  );
  let child: ChildProcess | undefined;
  const server: RedisServer = {
    port,
    url: `redis://127.0.0.1:${port}`,
    folder,
    start: async () => {
      child = spawn(redisProgram('redis-check-rdb'), [config], {
        argv0: 'redis-server',
        stdio: 'ignore',
        env: redisEnvironment(),
      });
      await listening(port, 'Redis');
    },
    stop: async (signal = 'SIGTERM') => {
      if (child?.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill(signal);
      await ended;
    },
    cli: async (...args) => {
      const client = spawn(redisProgram('redis-cli'), ['-p', String(port), ...args], {
        env: redisEnvironment(),
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const parts: Buffer[] = [];
      for (const stream of [client.stdout, client.stderr])
        stream.on('data', (part: Buffer) => parts.push(part));
      await once(client, 'close');
      return Buffer.concat(parts).toString('utf8').trim();
    },
  };
  await server.start();
  afterAll(() => server.stop('SIGKILL'));
  return server;
}

export function redisProgram(name: string): string {
  return cached(`redis/usr/bin/${name}`);
}

/** The libraries that came with it. */
export function redisEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, LD_LIBRARY_PATH: cached('redis/usr/lib/x86_64-linux-gnu') };
}
