import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { beforeEach, expect, it, onTestFinished } from 'vitest';
import { needs } from '../rig/judges/index.ts';
import { noise } from '../rig/product-folder.ts';
import { testProject } from '../rig/project.ts';
import { startRegistry } from '../rig/servers/registry-server.ts';

beforeEach((context) => needs(context, 'docker-registry'));

/** A server in front of another that counts what goes out of it. */
async function counting(upstream: string): Promise<{ readonly host: string; readonly bytes: () => number }> {
  let bytes = 0;
  const server = createServer((asked, answer) => {
    const onward = request(
      `http://${upstream}${asked.url ?? ''}`,
      { method: asked.method, headers: { ...asked.headers, host: upstream } },
      (given) => {
        answer.writeHead(given.statusCode ?? 500, given.headers);
        given.on('data', (chunk: Buffer) => (bytes += chunk.length));
        given.pipe(answer);
      },
    );
    asked.pipe(onward);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  return { host: `127.0.0.1:${port ?? 0}`, bytes: () => bytes };
}

it('disks in a registry are compared file by file, and only what may differ is fetched', async () => {
  const { host } = await startRegistry();
  const project = testProject({ 'cidermill.yaml': `registry: { private: ["${host}"] }\n` });
  const run = async (...args: string[]): Promise<void> => {
    const ended = await project.run(args);
    expect(ended.code, ended.stderr).toBe(0);
  };
  const disk = join(project.root, 'mac/disk.img');
  mkdirSync(join(project.root, 'mac'));
  mkdirSync(join(project.root, 'new/large'), { recursive: true });
  for (let i = 0; i < 12; i++)
    writeFileSync(join(project.root, `new/large/${i}`), noise(3 << 20, `file ${i}`));
  project.write('new/notes.txt', 'first\nsecond\n');
  await run('disk', 'new', 'new.qcow2', '--size', '300M', '--volume', 'Base');
  execFileSync('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', join(project.root, 'new.qcow2'), disk]);
  await run('hfs', 'add', disk, 'new', '--as', 'files');
  await run('push', 'mac', `${host}/mac:1`, '--contains-apple-software');
  project.write('edit/notes.txt', 'first\nthird\n');
  project.write('edit/more.txt', 'more\n');
  await run('hfs', 'add', `${disk}:/files`, 'edit/notes.txt', 'edit/more.txt', '--replace');
  await run('push', 'mac', `${host}/mac:2`, '--contains-apple-software');

  const counted = await counting(host);
  const references = [1, 2].map((tag) => `oci://${counted.host}/mac:${tag}`);
  const text = await project.run(['diff', ...references]);
  expect(text.code, text.stderr).toBe(1);
  expect(text.stdout).toMatch(/^disks\n {2}~ disk\.img: .+ of it changed\n/m);
  expect(text.stdout).toContain('\n      + /files/more.txt: file\n');
  expect(text.stdout).toMatch(
    /\n {6}~ \/files\/notes\.txt: .*data 13 bytes → 12 bytes\n {10}-second\n {10}\+third\n/,
  );
  expect(text.stdout).not.toContain('/files/large/');
  // The disk holds 36 MiB of files.
  expect(counted.bytes()).toBeLessThan(12 << 20);

  const json = await project.run(['diff', ...references, '--json', '--ignore', 'dates']);
  const { changes } = JSON.parse(json.stdout) as { changes: { part: string; inside?: unknown[] }[] };
  expect(changes.find(({ part }) => part === 'disks')?.inside).toMatchObject([
    { path: '/files/more.txt', change: 'added' },
    { path: '/files/notes.txt', change: 'changed', lines: ['-second', '+third'] },
  ]);
}, 120_000);
