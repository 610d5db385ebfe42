import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { freshFolder } from '../folder.ts';
import { cached } from '../judges/cache.ts';

/** Debian's docker-registry on loopback, as an ordinary process. */
export interface RegistryServer {
  /** 127.0.0.1 with its port. */
  readonly host: string;
  readonly config: string;
  readonly folder: string;
  readonly process: ChildProcess;
  readonly stop: () => Promise<void>;
  readonly start: () => Promise<void>;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** @param more lines of its configuration, such as its way of authentication */
export async function startRegistry(more = ''): Promise<RegistryServer> {
  const folder = freshFolder();
  const port = await freePort();
  const config = join(folder, 'config.yml');
  mkdirSync(join(folder, 'data'));
  writeFileSync(
    config,
    `version: 0.1
log: { level: error }
storage:
  filesystem: { rootdirectory: ${join(folder, 'data')} }
  delete: { enabled: true }
http: { addr: "127.0.0.1:${port}", secret: test }
${more}`,
  );
  const server = { process: undefined as unknown as ChildProcess };
  const start = async (): Promise<void> => {
    const child = spawn(cached('docker-registry/usr/bin/docker-registry'), ['serve', config], {
      stdio: 'ignore',
    });
    server.process = child;
    const ended = once(child, 'exit').then(() => {
      throw new Error('docker-registry ended');
    });
    ended.catch(() => undefined);
    for (;;) {
      const answer = await Promise.race([
        fetch(`http://127.0.0.1:${port}/v2/`).catch(() => undefined),
        ended,
      ]);
      if (answer !== undefined) return;
      await wait(20);
    }
  };
  const stop = async (): Promise<void> => {
    if (server.process.exitCode !== null || server.process.signalCode !== null) return;
    const ended = once(server.process, 'exit');
    server.process.kill('SIGKILL');
    await ended;
  };
  onTestFinished(stop);
  await start();
  return {
    host: `127.0.0.1:${port}`,
    config,
    folder,
    get process() {
      return server.process;
    },
    start,
    stop,
  };
}
