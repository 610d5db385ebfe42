import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer, request, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { needs } from '../rig/judges/index.ts';
import { noise } from '../rig/product-folder.ts';
import { testProject, type TestProject } from '../rig/project.ts';
import { startRegistry } from '../rig/servers/registry-server.ts';
import { onSmallDisk } from '../rig/small-disk.ts';

beforeEach((context) => needs(context, 'docker-registry'));

/** Counts the bytes of blobs that go to a registry and come from it. */
interface Counter {
  readonly host: string;
  sent: number;
  received: number;
  /** Digests of blobs that the registry has taken. */
  readonly taken: string[];
}

/** @param after is told of every MiB or so that goes either way */
async function countingProxy(host: string, after: () => void = () => undefined): Promise<Counter> {
  const [hostname, port] = host.split(':');
  const counter = { host: '', sent: 0, received: 0, taken: [] as string[] };
  const server = createServer((incoming: IncomingMessage, outgoing) => {
    const { method, url, headers } = incoming;
    const isBlob = (url ?? '').includes('/blobs/');
    const to = request({ hostname, port, method, path: url, headers }, (answer) => {
      const digest = /[?&]digest=([^&]+)/.exec(url ?? '')?.[1];
      if (method === 'PUT' && answer.statusCode === 201 && digest !== undefined) counter.taken.push(digest);
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.on('data', (part: Buffer) => {
        if (isBlob) counter.received += part.length;
        after();
      });
      answer.pipe(outgoing);
    });
    incoming.on('data', (part: Buffer) => {
      if (isBlob) counter.sent += part.length;
      after();
    });
    incoming.pipe(to);
    const end = (): void => void outgoing.destroy();
    to.on('error', end);
    outgoing.on('close', () => void to.destroy());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  counter.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return counter;
}

/** A disk of noise: packs of 64 MiB, and a part of one. */
function bigProduct(project: TestProject, megabytes: number): string {
  const folder = join(project.root, 'mac');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'disk.img'), noise(megabytes << 20, 'big'));
  truncateSync(join(folder, 'disk.img'), (megabytes + 100) << 20);
  return folder;
}

describe('what is killed at any moment', () => {
  it('is gone on with: of a push nothing is sent twice but the packs that were under way, of a pull no more than was', async () => {
    const server = await startRegistry();
    let kill: (() => void) | undefined;
    let countdown = Infinity;
    const proxy = await countingProxy(server.host, () => {
      if (--countdown <= 0) kill?.();
    });
    const project = testProject({ 'cidermill.yaml': `registry: { private: ["${proxy.host}"] }\n` });
    const megabytes = 200;
    bigProduct(project, megabytes);
    const total = megabytes << 20;
    const rounds = 20;
    const killed = async (args: readonly string[], pieces: number): Promise<void> => {
      countdown = pieces;
      const child = project.start(args);
      kill = () => void child.kill('SIGKILL');
      await once(child, 'exit');
      countdown = Infinity;
      await wait(50);
    };
    const push = ['push', 'mac', `${proxy.host}/mac:1`, '--contains-apple-software'];
    for (let round = 1; round <= rounds; round++) {
      const before = proxy.sent;
      await killed(push, round * 37);
      expect(proxy.sent - before).toBeLessThan(total);
    }
    const before = proxy.sent;
    const pushed = await project.run([...push, '--json']);
    expect(pushed.code, pushed.stderr).toBe(0);
    expect(proxy.sent - before).toBeLessThan(1.1 * total);
    const again = await project.run([...push, '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ sent: 0 });
    expect(proxy.taken).toEqual([...new Set(proxy.taken)]);

    const pull = ['pull', `${proxy.host}/mac:1`, '-o', 'pulled'];
    let wasted = 0;
    for (let round = 1; round <= rounds; round++) {
      const received = proxy.received;
      await killed(pull, round * 30);
      wasted += proxy.received - received;
      expect(existsSync(join(project.root, 'pulled'))).toBe(false);
    }
    const received = proxy.received;
    const pulled = await project.run(pull);
    expect(pulled.code, pulled.stderr).toBe(0);
    // In each round at most four chunks under way, and what the sockets held, came for nothing.
    expect(wasted + proxy.received - received).toBeLessThan(1.1 * total + rounds * (24 << 20));
    execFileSync('cmp', [join(project.root, 'mac/disk.img'), join(project.root, 'pulled/disk.img')]);
    expect(readdirSync(project.root).filter((name) => name.includes('.pull-'))).toEqual([]);
  }, 1_800_000);

  it('leaves nothing on a disk that is full, and says so in one line', async () => {
    const { host } = await startRegistry();
    const project = testProject({ 'cidermill.yaml': `registry: { private: ["${host}"] }\n` });
    bigProduct(project, 40);
    expect((await project.run(['push', 'mac', `${host}/mac:1`, '--contains-apple-software'])).code).toBe(0);
    const script = `cd ${join(project.root, 'disk')}; cidermill pull ${host}/mac:1 -o pulled; code=$?; ls -A | grep -v store; (exit $code)`;
    const ended = await onSmallDisk(project, '20m', script);
    expect(ended.code).toBe(1);
    expect(ended.stderr.split('\n').filter((line) => line.startsWith('error:'))).toEqual([
      expect.stringContaining('no space left'),
    ]);
    expect(ended.stdout).toBe('');
  }, 600_000);
});

describe('a disk of 3 GB', () => {
  it('is sent again only where it changed, and takes little memory', async () => {
    const { host } = await startRegistry();
    const project = testProject({ 'cidermill.yaml': `registry: { private: ["${host}"] }\n` });
    const folder = join(project.root, 'mac');
    mkdirSync(folder);
    const raw = join(folder, 'disk.img');
    const tree = join(project.root, 'tree');
    mkdirSync(join(tree, 'gone'), { recursive: true });
    const size = 900_000;
    for (let index = 0; index < 2500; index++)
      writeFileSync(join(tree, `file-${index}`), noise(size, `file ${index}`));
    for (let index = 0; index < 50; index++)
      writeFileSync(join(tree, 'gone', `file-${index}`), noise(size, `gone ${index}`));
    const hfs = async (...args: readonly string[]): Promise<void> => {
      const ended = await project.run(['hfs', ...args]);
      expect(ended.code, ended.stderr).toBe(0);
    };
    await hfs('new', raw, tree, '--size', '3G');
    const measure = join(project.root, 'time');
    const timed = (args: readonly string[]): { readonly sent: number } => {
      const command = [
        '-o',
        measure,
        '-f',
        '%M',
        process.execPath,
        join(import.meta.dirname, '../../bin/cidermill.mjs'),
      ];
      const out = execFileSync('/usr/bin/time', [...command, ...args], {
        cwd: project.root,
        encoding: 'utf8',
        env: { ...process.env, CIDERMILL_STORE: join(project.root, 'store') },
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      expect(Number(execFileSync('cat', [measure], { encoding: 'utf8' }))).toBeLessThan(300 * 1024);
      return JSON.parse(out) as { sent: number };
    };
    timed(['push', 'mac', `${host}/mac:1`, '--contains-apple-software', '--json']);
    const before = join(project.root, 'before.img');
    execFileSync('cp', ['--sparse=always', raw, before]);
    const changes = join(project.root, 'changes', 'tree');
    mkdirSync(changes, { recursive: true });
    for (let index = 0; index < 300; index++) {
      const grown = Buffer.concat([noise(size, `file ${index * 8}`), noise(9000, `more ${index}`)]);
      writeFileSync(join(changes, `file-${index * 8}`), grown);
    }
    for (let index = 0; index < 100; index++)
      writeFileSync(join(changes, `fresh-${index}`), noise(1 << 20, `fresh ${index}`));
    await hfs('remove', `${raw}:/tree/gone`);
    await hfs('add', `${raw}:/`, changes, '--replace');
    const changed = changedBlocks(before, raw);
    const second = timed(['push', 'mac', `${host}/mac:2`, '--contains-apple-software', '--json']);
    console.log({
      changed,
      sent: second.sent,
      part: second.sent / statSync(raw).size,
      ratio: second.sent / changed,
    });
    expect(second.sent).toBeLessThan(0.2 * statSync(raw).size);
    expect(second.sent).toBeLessThan(1.5 * changed);
    const pulled = timed(['pull', `${host}/mac:2`, '-o', 'pulled', '--json']);
    expect(pulled).toBeDefined();
    execFileSync('cmp', [raw, join(project.root, 'pulled/disk.img')]);
  }, 1_800_000);
});

/** Bytes of 4 KiB blocks that differ. */
function changedBlocks(one: string, other: string): number {
  const script = `import sys
a, b = open(sys.argv[1], 'rb'), open(sys.argv[2], 'rb')
n = 0
while True:
    x, y = a.read(1 << 20), b.read(1 << 20)
    if not x and not y: break
    if x != y: n += sum(4096 for i in range(0, max(len(x), len(y)), 4096) if x[i:i+4096] != y[i:i+4096])
print(n)`;
  return Number(execFileSync('python3', ['-c', script, one, other], { encoding: 'utf8' }));
}
