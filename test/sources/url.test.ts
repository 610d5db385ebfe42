import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import {
  ensureFiles,
  ensureSourceTree,
  lockOrigin,
  sourceDigest,
  type UrlOrigin,
} from '../../src/sources/index.ts';
import { blobPath } from '../../src/store/index.ts';
import { send, startServer, status } from './local-server.ts';
import { freshContext } from './store-rig.ts';

const context = freshContext();
const { folder, store } = context;
const server = await startServer();

mkdirSync(join(folder, 'a-1'));
writeFileSync(join(folder, 'a-1/text'), 'text');
execFileSync('tar', ['-czf', 'a-1.tar.gz', 'a-1'], { cwd: folder });
const archive = readFileSync(join(folder, 'a-1.tar.gz'));

function origin(path: string, more: Partial<UrlOrigin> = {}): UrlOrigin {
  return { kind: 'url', url: server.url + path, mirrors: [], unpack: true, ...more };
}

describe('an address', () => {
  test('of an archive gives its content, or the archive itself where it is not to be unpacked', async () => {
    server.answer(send(archive));
    const locked = await lockOrigin(origin('/down/a-1.tar.gz?x=1'), context);
    expect(readdirSync(await ensureSourceTree(locked, context))).toEqual(['text']);
    const packed = await lockOrigin(origin('/down/a-1.tar.gz', { unpack: false }), context);
    expect(readdirSync(await ensureSourceTree(packed, context))).toEqual(['a-1.tar.gz']);
    expect(sourceDigest(packed)).not.toBe(sourceDigest(locked));
  });

  test('of anything else gives a folder with that one file', async () => {
    server.answer(send(Buffer.from('a file')));
    const tree = await ensureSourceTree(await lockOrigin(origin('/some%20file.txt'), context), context);
    expect(readFileSync(join(tree, 'some file.txt'), 'utf8')).toBe('a file');
  });

  test('that is locked is not asked when the store has the file, and its mirror when it fails', async () => {
    server.answer(send(Buffer.from('mirrored')));
    const locked = await lockOrigin(origin('/f', { mirrors: [`${server.url}/mirror`] }), context);
    server.answer(status(404));
    await ensureFiles(locked, context);
    expect(server.requests).toEqual([]);
    if (locked.kind !== 'url') throw new Error(locked.kind);
    rmSync(blobPath(store, locked.files[0].sha256));
    await expect(ensureFiles(locked, { ...context, offline: true })).rejects.toMatchObject({
      code: 'offline',
    });
    server.answer(status(404), send(Buffer.from('mirrored')));
    await ensureFiles(locked, context);
    expect(server.requests).toEqual(['GET /f', 'GET /mirror']);
  });

  test('with a name and password shows neither in a message', async () => {
    server.answer(status(403));
    const url = server.url.replace('//', '//name:secret@');
    const refused = lockOrigin(origin('', { url: `${url}/f` }), context);
    await expect(refused).rejects.toThrow(/answers 403/);
    await expect(refused).rejects.not.toThrow(/secret/);
  });

  test('that is neither http nor https is refused', async () => {
    await expect(lockOrigin(origin('', { url: 'file:///etc/passwd' }), context)).rejects.toMatchObject({
      code: 'bad-url',
    });
  });
});

describe('a proxy that the environment names', () => {
  const tunnels: string[] = [];
  const proxy = createServer();
  proxy.on('connect', (request, client) => {
    tunnels.push(request.url ?? '');
    const [host, port] = (request.url ?? '').split(':');
    const onward = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(client).pipe(onward);
    });
    onward.on('error', () => client.destroy());
    client.on('error', () => onward.destroy());
  });
  afterAll(() => void proxy.close());
  afterEach(() => {
    delete process.env['http_proxy'];
    delete process.env['no_proxy'];
  });

  test('is gone through, but for the hosts it excepts', async () => {
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    process.env['http_proxy'] = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    process.env['no_proxy'] = '';
    server.answer(send(Buffer.from('through a proxy')));
    await lockOrigin(origin('/f'), context);
    expect(tunnels).toEqual([server.url.replace('http://', '')]);
    process.env['no_proxy'] = 'example.org, 127.0.0.1';
    await lockOrigin(origin('/f'), context);
    expect(tunnels).toHaveLength(1);
  });
});
