import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createRequire } from 'node:module';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { packageRoot } from '../../src/host/index.ts';
import { downloadUnknown } from '../../src/sources/http/download.ts';
import { proxyOf } from '../../src/sources/http/proxy.ts';
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
  const key = join(folder, 'key.pem');
  const certificate = join(folder, 'cert.pem');
  execFileSync(
    'openssl',
    [
      ...[
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '1',
      ],
      ...[
        '-subj',
        '/CN=localhost',
        '-addext',
        'subjectAltName=DNS:localhost',
        '-keyout',
        key,
        '-out',
        certificate,
      ],
    ],
    { stdio: 'ignore' },
  );
  const tunnel = (request: IncomingMessage, client: Duplex): void => {
    tunnels.push(request.url ?? '');
    const [host, port] = (request.url ?? '').split(':');
    const onward = connect(Number(port), host === 'sub.localhost' ? '127.0.0.1' : host, () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(client).pipe(onward);
    });
    onward.on('error', () => client.destroy());
    client.on('error', () => onward.destroy());
  };
  const plain = createServer().on('connect', tunnel);
  const secure = createSecureServer({ key: readFileSync(key), cert: readFileSync(certificate) }).on(
    'connect',
    tunnel,
  );
  const forbidding = createServer().on('connect', (_request, client) => {
    client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
  });
  const ports = new Map<object, number>();
  beforeAll(async () => {
    for (const proxy of [plain, secure, forbidding]) {
      await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
      ports.set(proxy, (proxy.address() as AddressInfo).port);
    }
  });
  afterAll(() => {
    for (const proxy of [plain, secure, forbidding]) proxy.close();
  });
  afterEach(() => {
    tunnels.length = 0;
    delete process.env['http_proxy'];
    delete process.env['no_proxy'];
  });
  const here = server.url.replace('http://', '');
  const port = here.split(':')[1] ?? '';

  test('is gone through, but for the hosts it excepts', async () => {
    process.env['http_proxy'] = `http://127.0.0.1:${ports.get(plain) ?? 0}`;
    process.env['no_proxy'] = '';
    server.answer(send(Buffer.from('through a proxy')));
    await lockOrigin(origin('/f'), context);
    expect(tunnels).toEqual([here]);
    process.env['no_proxy'] = 'example.org, 127.0.0.1';
    await lockOrigin(origin('/f'), context);
    expect(tunnels).toHaveLength(1);
  });

  test.each([
    [`127.0.0.1:${port}`, 0],
    ['127.0.0.1:1', 1],
    [`localhost:${port}`, 1],
    ['*', 0],
  ])('heeds the port in no_proxy=%s', async (except, through) => {
    process.env['http_proxy'] = `http://127.0.0.1:${ports.get(plain) ?? 0}`;
    process.env['no_proxy'] = except;
    server.answer(send(Buffer.from('through a proxy')));
    await lockOrigin(origin('/f'), context);
    expect(tunnels).toHaveLength(through);
  });

  test.each([
    ['http://a.example.org/', 'example.org', ''],
    ['http://a.example.org/', '.example.org', ''],
    ['http://a.example.org/', '*.example.org', ''],
    ['http://anexample.org/', 'example.org', 'http://proxy:1'],
    ['http://a.example.org:81/', 'example.org:81', ''],
    ['http://a.example.org:81/', 'example.org:80', 'http://proxy:1'],
    ['http://10.0.0.1/', '0.0.1', 'http://proxy:1'],
    ['http://[::1]:3/', '[::1]', ''],
  ])('for %s with no_proxy=%s is "%s"', (address, except, proxy) => {
    process.env['http_proxy'] = 'http://proxy:1';
    process.env['no_proxy'] = except;
    expect(proxyOf(address)).toBe(proxy);
  });

  test('is asked again for the host that a redirect leads to', async () => {
    process.env['http_proxy'] = `http://127.0.0.1:${ports.get(plain) ?? 0}`;
    process.env['no_proxy'] = 'localhost';
    server.answer(status(302, { location: `http://localhost:${port}/g` }), send(Buffer.from('there')));
    await lockOrigin(origin('/f'), context);
    expect(server.requests).toEqual(['GET /f', 'GET /g']);
    expect(tunnels).toEqual([here]);
  });

  test('may itself be spoken to over TLS', async () => {
    server.answer(send(Buffer.from('through TLS')));
    // Node reads the certificates it trusts when it starts.
    const script = join(folder, 'fetch.mts');
    writeFileSync(
      script,
      `import { lockOrigin } from ${JSON.stringify(join(packageRoot, 'src/sources/index.ts'))};
import { openStore } from ${JSON.stringify(join(packageRoot, 'src/store/index.ts'))};
const context = { store: openStore(${JSON.stringify(join(folder, 'other'))}), root: '/' };
console.log(JSON.stringify(await lockOrigin(${JSON.stringify(origin('/f'))}, context)));`,
    );
    const run = async (extra: NodeJS.ProcessEnv): Promise<string> =>
      new Promise((resolve) => {
        const tsx = createRequire(import.meta.url).resolve('tsx');
        execFile(
          process.execPath,
          ['--import', pathToFileURL(tsx).href, script],
          { env: { ...process.env, http_proxy: `https://localhost:${ports.get(secure) ?? 0}`, ...extra } },
          (_error, stdout, stderr) => resolve(stdout + stderr),
        );
      });
    expect(await run({ NODE_EXTRA_CA_CERTS: certificate })).toContain('"size":11');
    expect(tunnels).toEqual([here]);
    expect(await run({ NODE_EXTRA_CA_CERTS: '' })).toMatch(
      /through the proxy https:\/\/localhost.*self.signed/,
    );
    expect(tunnels).toHaveLength(1);
  });

  test('is named when it refuses, without its password, and refused when it is of another kind', async () => {
    process.env['http_proxy'] = `http://me:secret@127.0.0.1:${ports.get(forbidding) ?? 0}`;
    const refused = downloadUnknown(store, [`${server.url}/f`], { pauses: [] });
    await expect(refused).rejects.toThrow(/through the proxy http:\/\/127\.0\.0\.1:\d+\/: .*407/);
    await expect(refused).rejects.not.toThrow(/secret/);
    process.env['http_proxy'] = 'socks5://127.0.0.1:1';
    await expect(lockOrigin(origin('/f'), context)).rejects.toMatchObject({ code: 'bad-proxy' });
  });
});
