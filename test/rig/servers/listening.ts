import { createConnection } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Resolves when something listens at a port of loopback; fails after ten seconds. @param what for the error */
export async function listening(port: number, what: string): Promise<void> {
  for (let tries = 200; tries > 0; tries--) {
    const socket = createConnection(port, '127.0.0.1');
    const open = await new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    });
    socket.destroy();
    if (open) return;
    await pause(50);
  }
  throw new Error(`${what} does not listen at ${port}`);
}
