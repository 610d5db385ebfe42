import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sha256 } from '../../src/base/index.ts';
import type { DownloadOptions } from '../../src/sources/http/attempt.ts';
import { downloadBlob, downloadUnknown } from '../../src/sources/http/download.ts';
import { blobPath, hasBlob, partialPath } from '../../src/store/index.ts';
import { breakAfter, send, startServer, status } from './local-server.ts';
import { freshContext } from './store-rig.ts';

const { store } = freshContext();
const server = await startServer();
const quick: DownloadOptions = { pauses: [1, 1, 1], patience: 2000 };

function fresh(size = 300_000) {
  const bytes = randomBytes(size);
  return { bytes, blob: { digest: sha256(bytes), size } };
}

describe('a file of known digest', () => {
  test('is fetched into the store, with its progress told', async () => {
    const { bytes, blob } = fresh();
    server.answer(send(bytes));
    const seen: (number | undefined)[] = [];
    await downloadBlob(store, [`${server.url}/f`], blob, {
      ...quick,
      onProgress: (done, total) => seen.push(done, total),
    });
    expect(readFileSync(blobPath(store, blob.digest)).equals(bytes)).toBe(true);
    expect(seen.slice(0, 2)).toEqual([0, bytes.length]);
    expect(seen.slice(-2)).toEqual([bytes.length, bytes.length]);
  });

  test('is carried on with where a broken connection left it', async () => {
    const { bytes, blob } = fresh();
    const { handler, onProgress } = breakAfter(bytes, 100_000);
    server.answer(handler, send(bytes));
    await downloadBlob(store, [`${server.url}/f`], blob, { ...quick, onProgress });
    expect(server.requests).toEqual(['GET /f', 'GET /f bytes=100000-']);
    expect(hasBlob(store, blob.digest, blob.size)).toBe(true);
    expect(existsSync(partialPath(store, blob.digest))).toBe(false);
  });

  test('is carried on with where another process left it', async () => {
    const { bytes, blob } = fresh();
    writeFileSync(partialPath(store, blob.digest), bytes.subarray(0, 12_345));
    server.answer(send(bytes));
    await downloadBlob(store, [`${server.url}/f`], blob, quick);
    expect(server.requests).toEqual(['GET /f bytes=12345-']);
    expect(hasBlob(store, blob.digest, blob.size)).toBe(true);
  });

  test('is fetched anew when what was left of it is of another file', async () => {
    const { bytes, blob } = fresh();
    writeFileSync(partialPath(store, blob.digest), randomBytes(1000));
    server.answer(send(bytes));
    await downloadBlob(store, [`${server.url}/f`], blob, quick);
    expect(server.requests).toEqual(['GET /f bytes=1000-', 'GET /f']);
    expect(hasBlob(store, blob.digest, blob.size)).toBe(true);
  });

  test('is fetched anew from a server that knows no ranges', async () => {
    const { bytes, blob } = fresh();
    const { handler, onProgress } = breakAfter(bytes, 100_000);
    server.answer(handler, (_request, response) => response.writeHead(200).end(bytes));
    await downloadBlob(store, [`${server.url}/f`], blob, { ...quick, onProgress });
    expect(hasBlob(store, blob.digest, blob.size)).toBe(true);
  });

  test('that comes too slowly is a failed try, and carried on with by the next', async () => {
    const { bytes, blob } = fresh(3000);
    let dripping: NodeJS.Timeout | undefined;
    const drip = (_request: IncomingMessage, response: ServerResponse): void => {
      response.writeHead(200, { 'content-length': bytes.length });
      let sent = 0;
      dripping = setInterval(() => response.write(bytes.subarray(sent, ++sent)), 10);
      response.once('close', () => clearInterval(dripping));
    };
    server.answer(drip, send(bytes));
    await downloadBlob(store, [`${server.url}/f`], blob, { ...quick, window: 200 });
    expect(server.requests[1]).toMatch(/^GET \/f bytes=\d+-$/);
    expect(hasBlob(store, blob.digest, blob.size)).toBe(true);
    server.answer(drip);
    const other = downloadUnknown(store, [`${server.url}/f`], { pauses: [1], patience: 2000, window: 200 });
    await expect(other).rejects.toMatchObject({
      code: 'fetch-failed',
      message: expect.stringContaining('is too slow') as string,
      temporary: true,
    });
    expect(server.requests).toHaveLength(2);
  });

  test('is asked for again after 503, and not after 404', async () => {
    const { bytes, blob } = fresh();
    server.answer(status(503), status(503), send(bytes));
    await downloadBlob(store, [`${server.url}/f`], blob, quick);
    expect(server.requests).toHaveLength(3);
    server.answer(status(404));
    const other = fresh().blob;
    await expect(downloadBlob(store, [`${server.url}/f`], other, quick)).rejects.toMatchObject({
      code: 'fetch-failed',
      message: expect.stringContaining('answers 404') as string,
      temporary: false,
    });
    expect(server.requests).toHaveLength(1);
  });

  test('comes from the next mirror when the first has other bytes, or more of them', async () => {
    const { bytes, blob } = fresh();
    server.answer(send(randomBytes(blob.size)), send(Buffer.concat([bytes, bytes])), send(bytes));
    await downloadBlob(store, [`${server.url}/a`, `${server.url}/b`, `${server.url}/c`], blob, quick);
    expect(server.requests).toEqual(['GET /a', 'GET /b', 'GET /c']);
    expect(hasBlob(store, blob.digest, blob.size)).toBe(true);
  });

  test('of which all mirrors have other bytes is refused, and nothing of it is kept', async () => {
    const { blob } = fresh();
    const wrong = randomBytes(blob.size);
    server.answer(send(wrong));
    await expect(downloadBlob(store, [`${server.url}/f`], blob, quick)).rejects.toMatchObject({
      code: 'digest-mismatch',
      message: expect.stringContaining(sha256(wrong)) as string,
    });
    expect(hasBlob(store, blob.digest)).toBe(false);
    expect(existsSync(partialPath(store, blob.digest))).toBe(false);
  });

  test('behind redirects that go round in circles is given up', async () => {
    const { blob } = fresh();
    server.answer(status(302, { location: '/again' }));
    await expect(downloadBlob(store, [`${server.url}/f`], blob, quick)).rejects.toMatchObject({
      code: 'fetch-failed',
      message: expect.stringMatching(/[Rr]edirect/) as string,
      temporary: false,
    });
    expect(server.requests.length).toBeLessThanOrEqual(11);
  });

  test('from a server that falls silent is given up as a temporary fault', async () => {
    const { bytes, blob } = fresh();
    server.answer((_request, response) => {
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 10));
    });
    await expect(
      downloadBlob(store, [`${server.url}/f`], blob, { pauses: [1], patience: 200 }),
    ).rejects.toMatchObject({ code: 'fetch-failed', temporary: true });
  });

  test('stops at once when interrupted, and keeps what it has for the next run', async () => {
    const { bytes, blob } = fresh();
    const interrupt = new AbortController();
    server.answer((_request, response) => {
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 50_000));
    });
    const fetching = downloadBlob(store, [`${server.url}/f`], blob, {
      ...quick,
      signal: interrupt.signal,
      onProgress: (done) => done >= 50_000 && interrupt.abort(),
    });
    await expect(fetching).rejects.toThrow(/abort/i);
    expect(readFileSync(partialPath(store, blob.digest)).length).toBeLessThanOrEqual(50_000);
  });

  test('is fetched once when two ask for it at the same time', async () => {
    const { bytes, blob } = fresh();
    server.answer(send(bytes));
    const urls = [`${server.url}/f`];
    await Promise.all([downloadBlob(store, urls, blob, quick), downloadBlob(store, urls, blob, quick)]);
    expect(server.requests).toHaveLength(1);
  });
});

describe('a file of unknown digest', () => {
  test('is carried on with only where its etag says it is still the same', async () => {
    const { bytes, blob } = fresh();
    const tagged = breakAfter(bytes, 100_000, { etag: '"1"' });
    server.answer(tagged.handler, send(bytes, { etag: '"1"' }));
    const options = { ...quick, onProgress: tagged.onProgress };
    expect(await downloadUnknown(store, [`${server.url}/f`], options)).toEqual(blob);
    expect(server.requests).toEqual(['GET /f', 'GET /f bytes=100000-']);
    const untagged = breakAfter(bytes, 100_000);
    server.answer(untagged.handler, send(bytes));
    await downloadUnknown(store, [`${server.url}/f`], { ...quick, onProgress: untagged.onProgress });
    expect(server.requests).toEqual(['GET /f', 'GET /f']);
  });

  test('that never comes whole is refused, and leaves nothing behind', async () => {
    const { bytes } = fresh();
    const { handler, onProgress } = breakAfter(bytes, 1000);
    server.answer(handler);
    await expect(downloadUnknown(store, [`${server.url}/f`], { ...quick, onProgress })).rejects.toMatchObject(
      { temporary: true },
    );
    expect(readdirSync(join(store.root, 'tmp'))).toEqual([]);
  });
});
