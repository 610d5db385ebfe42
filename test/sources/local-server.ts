import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll } from 'vitest';

export interface LocalServer {
  readonly url: string;
  /** Of every request: method, path and Range header, in order. */
  readonly requests: string[];
  /** How the next request is answered; the last one stays. */
  answer(...handlers: ((request: IncomingMessage, response: ServerResponse) => void)[]): void;
}

/** A real HTTP server on loopback, closed after the file's tests. */
export async function startServer(): Promise<LocalServer> {
  const requests: string[] = [];
  let handlers: ((request: IncomingMessage, response: ServerResponse) => void)[] = [];
  const server = createServer((request, response) => {
    const range = request.headers.range === undefined ? '' : ` ${request.headers.range}`;
    requests.push(`${request.method ?? ''} ${request.url ?? ''}${range}`);
    const handler = handlers.length > 1 ? handlers.shift() : handlers[0];
    if (handler === undefined) response.writeHead(404).end();
    else handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    answer: (...next) => {
      requests.length = 0;
      handlers = next;
    },
  };
}

/** Sends the bytes as a good server does, a range of them when one is asked for. */
export function send(bytes: Buffer, headers: Record<string, string> = {}) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? NaN);
    if (Number.isNaN(start)) {
      response.writeHead(200, { 'content-length': bytes.length, ...headers }).end(bytes);
    } else if (start >= bytes.length) response.writeHead(416).end();
    else {
      const range = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
      const rest = bytes.subarray(start);
      response
        .writeHead(206, { 'content-length': rest.length, 'content-range': range, ...headers })
        .end(rest);
    }
  };
}

/** Promises all of the bytes and breaks off as soon as the client says that it has some of them. */
export function breakAfter(bytes: Buffer, count: number, headers: Record<string, string> = {}) {
  let breakOff = (): void => undefined;
  return {
    onProgress: (done: number): void => {
      if (done >= count) breakOff();
    },
    handler: (_request: IncomingMessage, response: ServerResponse): void => {
      breakOff = () => response.destroy();
      response.writeHead(200, { 'content-length': bytes.length, ...headers });
      response.write(bytes.subarray(0, count));
    },
  };
}

export function status(code: number, headers: Record<string, string> = {}) {
  return (_request: IncomingMessage, response: ServerResponse): void => {
    response.writeHead(code, headers).end();
  };
}
