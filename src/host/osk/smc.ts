import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { Failure } from '../../base/index.ts';

/** Access to x86 I/O ports, a byte at a time. */
export interface Ports {
  read(port: number): Promise<number>;
  write(port: number, value: number): Promise<void>;
}

/** The SMC's ports and bits, as Linux' driver applesmc and QEMU's isa-applesmc have them. */
const dataPort = 0x300;
const commandPort = 0x304;
const readCommand = 0x10;
const status = { dataReady: 0x01, inputClosed: 0x02, busy: 0x04 } as const;

/** A status comes within microseconds, or after the SMC has done something else first: it is asked this often. */
const quickTries = 200;
const slowTries = 100;

/**
 * Reads a key of the SMC by its protocol: the command, the four letters, the length, and as many bytes.
 * @throws Failure 'smc-silent' when the SMC does not answer, or has no such key
 */
export async function readSmcKey(ports: Ports, key: string, length: number): Promise<Uint8Array> {
  await settle(ports, 0, status.busy, key);
  await settle(ports, 0, status.inputClosed, key);
  await ports.write(commandPort, readCommand);
  for (const letter of Buffer.from(key, 'latin1')) await send(ports, letter, key);
  await send(ports, length, key);
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) {
    await settle(ports, status.dataReady, status.dataReady, key);
    bytes[i] = await ports.read(dataPort);
  }
  return bytes;
}

/** The key that OS X asks the SMC for: OSK0 and OSK1, 32 bytes each. @throws Failure 'smc-silent' */
export async function readOskFromSmc(ports: Ports): Promise<string> {
  const halves = [await readSmcKey(ports, 'OSK0', 32), await readSmcKey(ports, 'OSK1', 32)];
  return Buffer.concat(halves).toString('latin1');
}

/** The host's own ports. @throws Failure 'no-ports' without root or the kernel's /dev/port */
export async function withDevPort<T>(use: (ports: Ports) => Promise<T>): Promise<T> {
  let file: number;
  try {
    file = openSync('/dev/port', 'r+');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Failure('no-ports', `the SMC cannot be reached: /dev/port: ${code ?? 'unknown reason'}`, {
      hint: 'This needs root, and a Linux with CONFIG_DEVPORT and without lockdown.',
    });
  }
  const byte = new Uint8Array(1);
  try {
    return await use({
      read: (port) => {
        readSync(file, byte, 0, 1, port);
        return Promise.resolve(byte[0] ?? 0);
      },
      write: (port, value) => {
        writeSync(file, Uint8Array.of(value), 0, 1, port);
        return Promise.resolve();
      },
    });
  } finally {
    closeSync(file);
  }
}

async function send(ports: Ports, value: number, key: string): Promise<void> {
  await settle(ports, 0, status.inputClosed, key);
  await settle(ports, status.busy, status.busy, key);
  await ports.write(dataPort, value);
}

/** Waits until the bits of `mask` in the status are `wanted`. */
async function settle(ports: Ports, wanted: number, mask: number, key: string): Promise<void> {
  for (let i = 0; i < quickTries + slowTries; i++) {
    if (((await ports.read(commandPort)) & mask) === wanted) return;
    if (i >= quickTries) await pause(1);
  }
  throw new Failure('smc-silent', `the SMC does not give its key ${key}`, {
    hint: "The kernel's module applesmc talks to it too: try again.",
    temporary: true,
  });
}
