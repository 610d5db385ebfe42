import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

/** A way to a server on loopback that can be shut. */
export interface Gate {
  readonly url: string;
  /** Connections are taken, and nothing goes through them: who asks hears nothing. */
  shut(): void;
  /** What was connected while it was shut is closed. */
  open(): void;
}

/** @param url of the server, with a path or without */
export async function openGate(url: string): Promise<Gate> {
  const { hostname, port, pathname } = new URL(url);
  const sockets = new Set<Socket>();
  let isShut = false;
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('data', (part: Buffer) => {
        if (!isShut) other.write(part);
      });
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const end = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  onTestFinished(() => {
    server.close();
    end();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${pathname}`,
    shut: () => {
      isShut = true;
    },
    open: () => {
      isShut = false;
      end();
    },
  };
}
