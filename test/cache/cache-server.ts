import { execFileSync } from 'node:child_process';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';

/** What a server does with a request in place of what it should; false when it did nothing. */
export type Whim = (request: IncomingMessage, response: ServerResponse, body: Buffer) => boolean;

/** A cache of our own on loopback that validates entries as bazel-remote does, and has whims when told. */
export interface CacheServer {
  readonly url: string;
  /** Path → body: "/ac/KEY", "/cas/SHA256". */
  readonly bodies: Map<string, Buffer>;
  /** "GET /cas/…", in the order in which they came. */
  readonly requests: string[];
  whim: Whim | undefined;
  close(): void;
}

export async function startCacheServer(): Promise<CacheServer> {
  const bodies = new Map<string, Buffer>();
  const requests: string[] = [];
  const answer = (request: IncomingMessage, response: ServerResponse, body: Buffer): void => {
    const { method = '', url = '' } = request;
    requests.push(`${method} ${url}`);
    if (cache.whim?.(request, response, body) === true) return;
    const found = bodies.get(url);
    if (method !== 'PUT') {
      if (found === undefined) response.writeHead(404).end();
      else
        response.writeHead(200, { 'content-length': found.length }).end(method === 'GET' ? found : undefined);
      return;
    }
    if (
      url.startsWith('/ac/') &&
      !blobsOfEntry(body).every(([hash, size]) => bodies.get(`/cas/${hash}`)?.length === size)
    ) {
      response.writeHead(400).end();
      return;
    }
    bodies.set(url, body);
    response.writeHead(201).end();
  };
  const server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => answer(request, response, Buffer.concat(chunks)));
    request.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  afterAll(close);
  const { port } = server.address() as AddressInfo;
  const cache: CacheServer = { url: `http://127.0.0.1:${port}`, bodies, requests, whim: undefined, close };
  return cache;
}

/** Every digest that an ActionResult names, as protoc reads it. */
export function blobsOfEntry(body: Buffer): [hash: string, size: number][] {
  const text = execFileSync(
    'protoc',
    [
      '--decode=build.bazel.remote.execution.v2.ActionResult',
      `--proto_path=${import.meta.dirname}`,
      'remote-execution.proto',
    ],
    { input: body, encoding: 'utf8', maxBuffer: 1 << 28 },
  );
  return [...text.matchAll(/hash: "([0-9a-f]{64})"(?:\s+size_bytes: (\d+))?/g)].map(
    ([, hash = '', size = '0']) => [hash, Number(size)],
  );
}
