import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { packageRoot } from '../../../src/host/index.ts';
import {
  events,
  running,
  stepModule,
  testProject,
  uniqueSeconds,
  type TestProject,
} from '../../rig/project.ts';

interface Target {
  readonly secret: string;
  readonly folder: string;
  readonly written: string;
  readonly url: string;
  readonly seconds: string;
  readonly victim: number;
  readonly token: string;
}

/** What a script with ill will does; each act says what it got, and which got nothing is in the note. */
const script = `import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { step } from ${stepModule};
const { output, note } = await step();
const at = TARGET;
const acts = {
  read: () => readFileSync(at.secret, 'utf8'),
  list: () => readdirSync(at.folder).join() || Promise.reject(new Error('empty')),
  write: () => writeFileSync(at.written, 'mine'),
  fetch: async () => (await fetch(at.url)).text(),
  daemon: () =>
    new Promise((resolve, reject) => {
      const child = spawn('sleep', [at.seconds], { detached: true, stdio: 'ignore' });
      child.once('spawn', () => (child.unref(), resolve()));
      child.once('error', reject);
    }),
  environment: () => {
    for (const name of readdirSync('/proc').filter((each) => /^\\\\d+$/.test(each)))
      try {
        if (readFileSync('/proc/' + name + '/environ', 'utf8').includes(at.token)) return;
      } catch {}
    throw new Error('nowhere');
  },
  signal: () => process.kill(at.victim, 0),
  descriptor: () => readdirSync('/proc/self/fd/201/'),
};
const done = [];
for (const [name, act] of Object.entries(acts))
  try {
    await act();
    done.push(name);
  } catch {}
note('done: ' + done.join(' '));
writeFileSync('out.txt', 'out');
await output('out', 'out.txt');
`;

function hostileProject(environment: string, target: Target): TestProject {
  return testProject({
    'recipes/hostile.yaml': `recipe: hostile
summary: Does what it should not
environment: ${environment}
script: scripts/hostile.ts
outputs: { out: out.txt }
`,
    'scripts/hostile.ts': script.replace('TARGET', () => JSON.stringify(target)),
  });
}

/** Runs it with descriptor 201 open on the root of the host. @returns the acts that succeeded */
async function acts(project: TestProject, token: string): Promise<string[]> {
  const command = [process.execPath, join(packageRoot, 'bin/cidermill.mjs'), 'run', 'hostile', '--json'];
  const child = spawn('bash', ['-c', 'exec 201</ && exec "$@"', 'bash', ...command], {
    cwd: project.root,
    env: { ...process.env, CIDERMILL_STORE: join(project.root, 'artifacts/.store'), GITHUB_TOKEN: token },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number];
  expect(code, text).toBe(0);
  const [done] = events(text).filter(({ type }) => type === 'step-done') as unknown as { notes: string[] }[];
  return (done?.notes[0] ?? '')
    .replace('done: ', '')
    .split(' ')
    .filter((name) => name !== '');
}

describe('a hostile script', () => {
  it('does as it likes on the host, but leaves no process and gets no descriptor; in the sandbox it can do nothing', async () => {
    const server = createServer((_, response) => response.end('secret'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const victim = spawn('sleep', ['1000']);
    onTestFinished(() => {
      server.close();
      victim.kill();
    });
    const token = `token-${uniqueSeconds()}`;
    const seconds = uniqueSeconds();
    const home = testProject({ 'secret.txt': 'secret' }).root;
    const secret = join(home, 'secret.txt');
    writeFileSync(secret, 'secret', { mode: 0o600 });
    const target: Target = {
      secret,
      folder: home,
      written: join(home, 'written.txt'),
      seconds,
      token,
      url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
      victim: victim.pid ?? 0,
    };
    const onHost = await acts(hostileProject('{ host: [sleep] }', target), token);
    // Root's steps on the host have processes of their own; no one's keep a daemon, or the caller's descriptors.
    const own = process.getuid?.() === 0 ? [] : ['environment', 'signal'];
    expect(onHost).toEqual(['read', 'list', 'write', 'fetch', 'daemon', ...own]);
    expect(existsSync(target.written)).toBe(true);
    expect(running(seconds)).toEqual([]);
    rmSync(target.written);

    expect(await acts(hostileProject('none', target), token)).toEqual([]);
    expect(existsSync(target.written)).toBe(false);
    expect(running(seconds)).toEqual([]);
  });

  it('of a project may run on the host only where the project says so', async () => {
    const target = { secret: '', folder: '/', written: '', url: '', seconds: '0', victim: 0, token: '' };
    const project = hostileProject('{ host: [sleep] }', target);
    expect((await project.run(['run', 'hostile'])).code).toBe(0);
    rmSync(join(project.root, 'cidermill.yaml'));
    const { code, stdout, stderr } = await project.run(['run', 'hostile']);
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain('"trust: host"');
  });
});
