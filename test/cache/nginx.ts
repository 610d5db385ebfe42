import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { cached } from '../rig/judges/cache.ts';
import { listening } from '../rig/servers/listening.ts';
import { freePort } from '../rig/servers/registry-server.ts';

/** nginx as docs/cache.md sets it up, as an ordinary process on loopback. */
export interface Nginx {
  readonly url: string;
  /** Absolute: what it serves, `ac/` and `cas/` in it. */
  readonly root: string;
  /** The files below a folder of it, by name. */
  names(folder: 'ac' | 'cas'): string[];
  /** The lines of its access log: "GET /cas/… 200 1234". */
  requests(): string[];
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** @param more of the configuration, within `location /` */
export async function startNginx(more = ''): Promise<Nginx> {
  const home = mkdtempSync(join(tmpdir(), 'cidermill-nginx-'));
  const root = join(home, 'cache');
  mkdirSync(root, { mode: 0o777 });
  const port = await freePort();
  const access = join(home, 'access.log');
  writeFileSync(
    join(home, 'nginx.conf'),
    `daemon off; worker_processes 2; pid ${home}/nginx.pid; error_log ${home}/error.log;
${process.getuid?.() === 0 ? 'user root;' : ''}
events { worker_connections 256; }
http {
  log_format short '$request_method $uri $status $body_bytes_sent';
  access_log ${access} short;
  client_body_temp_path ${home}/body; proxy_temp_path ${home}/proxy; fastcgi_temp_path ${home}/fastcgi;
  uwsgi_temp_path ${home}/uwsgi; scgi_temp_path ${home}/scgi;
  server {
    listen 127.0.0.1:${port};
    root ${root};
    location / {
      dav_methods PUT;
      create_full_put_path on;
      client_max_body_size 0;
      ${more}
    }
  }
}
`,
  );
  let child: ChildProcess | undefined;
  const nginx: Nginx = {
    url: `http://127.0.0.1:${port}`,
    root,
    names: (folder) => (existsSync(join(root, folder)) ? readdirSync(join(root, folder)) : []),
    requests: () =>
      existsSync(access)
        ? readFileSync(access, 'utf8')
            .split('\n')
            .filter((line) => line !== '')
        : [],
    start: async () => {
      child = spawn(
        cached('nginx/usr/sbin/nginx'),
        ['-p', home, '-c', join(home, 'nginx.conf'), '-e', join(home, 'error.log')],
        {
          stdio: 'ignore',
        },
      );
      await listening(port, 'nginx');
    },
    stop: async () => {
      if (child?.exitCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
  await nginx.start();
  afterAll(async () => {
    await nginx.stop();
    rmSync(home, { recursive: true, force: true });
  });
  return nginx;
}
