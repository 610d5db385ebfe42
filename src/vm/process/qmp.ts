import { createConnection, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { isRecord, Failure, type Json } from '../../base/index.ts';
import { lineSplitter } from './line-splitter.ts';
import { connectable } from './socket-path.ts';

/** Something QEMU says by itself: STOP, RESET, SHUTDOWN … */
export interface QmpEvent {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Pending {
  readonly command: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (failure: Failure) => void;
}

/** Longer than any answer to a command that we give. */
const longestLine = 1 << 20;
const connectEvery = 20;

/**
 * A session of the QEMU Machine Protocol over a unix socket (QEMU's docs/interop/qmp-spec.txt).
 * One fault ends the session: all that is under way and all that comes later fails with it.
 */
export class QmpSession {
  readonly #socket: Socket;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Set<(event: QmpEvent) => void>();
  #lastId = 0;
  #failure: Failure | undefined;
  #greeted: Pending | undefined;

  /**
   * Connects, waiting for QEMU to make the socket, and negotiates.
   * @throws Failure 'qmp-unreachable', 'qmp-protocol', 'qmp-closed', or what `signal` is aborted with
   */
  static async open(path: string, limits: { readonly signal: AbortSignal }): Promise<QmpSession> {
    const session = new QmpSession(await connect(connectable(path), limits.signal));
    try {
      await session.#greeting(limits.signal);
      await session.execute('qmp_capabilities', {}, limits);
    } catch (error) {
      session.close();
      throw error;
    }
    return session;
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    const splitter = lineSplitter(
      longestLine,
      (limit) => this.#fail(new Failure('qmp-protocol', `QEMU sent a QMP line of more than ${limit} bytes`)),
      (line) => this.#receive(line.toString('utf8')),
    );
    socket.on('data', (chunk: Buffer) => splitter.push(chunk));
    socket.on('error', (cause) =>
      this.#fail(new Failure('qmp-closed', `the QMP connection broke: ${cause.message}`, { cause })),
    );
    socket.on('close', () => this.#fail(new Failure('qmp-closed', 'QEMU closed the QMP connection')));
  }

  /**
   * Runs a command; resolves to its `return` value.
   * @throws Failure 'qmp-command' when QEMU refuses it, 'qmp-timeout' after `milliseconds` (10 s if not given)
   */
  async execute(
    command: string,
    values: Readonly<Record<string, Json>> = {},
    limits: { readonly signal?: AbortSignal; readonly milliseconds?: number } = {},
  ): Promise<unknown> {
    const milliseconds = limits.milliseconds ?? 10_000;
    const id = ++this.#lastId;
    const reply = this.#await((pending) => this.#pending.set(id, pending), command, {
      milliseconds,
      ...(limits.signal && { signal: limits.signal }),
    });
    this.#socket.write(`${JSON.stringify({ execute: command, arguments: values, id })}\n`);
    try {
      return await reply;
    } finally {
      this.#pending.delete(id);
    }
  }

  /** Calls `listener` for each event; the result ends that. */
  onEvent(listener: (event: QmpEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#fail(new Failure('qmp-closed', 'the QMP session was closed'));
  }

  async #greeting(signal: AbortSignal): Promise<void> {
    await this.#await((pending) => (this.#greeted = pending), 'greeting', { signal, milliseconds: 10_000 });
  }

  /** A promise for what `register` puts in place of, rejected by the session's fault, the signal or the clock. */
  #await(
    register: (pending: Pending) => void,
    command: string,
    limits: { readonly signal?: AbortSignal; readonly milliseconds: number },
  ): Promise<unknown> {
    const { signal, milliseconds } = limits;
    return new Promise<unknown>((resolve, reject) => {
      const settle = (then: () => void): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        then();
      };
      const onAbort = (): void => settle(() => reject(signal?.reason as Error));
      const onTimeout = (): void =>
        settle(() =>
          reject(new Failure('qmp-timeout', `no answer to QMP ${command} within ${milliseconds} ms`)),
        );
      const timer = setTimeout(onTimeout, milliseconds);
      const pending: Pending = {
        command,
        resolve: (value) => settle(() => resolve(value)),
        reject: (failure) => settle(() => reject(failure)),
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      if (this.#failure !== undefined) pending.reject(this.#failure);
      else if (signal?.aborted === true) onAbort();
      else register(pending);
    });
  }

  #receive(line: string): void {
    if (this.#failure !== undefined || line.trim() === '') return;
    const message = parse(line);
    if (message === undefined) {
      this.#fail(new Failure('qmp-protocol', `QEMU sent no QMP but ${excerpt(line)}`));
    } else if ('QMP' in message) {
      this.#greeted?.resolve(message['QMP']);
      this.#greeted = undefined;
    } else if (typeof message['event'] === 'string') {
      const data = isRecord(message['data']) ? message['data'] : {};
      for (const listener of this.#listeners) listener({ event: message['event'], data });
    } else if ('return' in message || isRecord(message['error'])) {
      this.#answer(message);
    } else {
      this.#fail(new Failure('qmp-protocol', `QEMU sent a QMP message of no known kind: ${excerpt(line)}`));
    }
  }

  #answer(message: Readonly<Record<string, unknown>>): void {
    const pending = this.#pending.get(Number(message['id']));
    // The answer to a command whose deadline has passed: nobody waits for it.
    if (pending === undefined) return;
    if ('return' in message) {
      pending.resolve(message['return']);
      return;
    }
    const error = isRecord(message['error']) ? message['error'] : {};
    const text = typeof error['desc'] === 'string' ? error['desc'] : 'no description';
    pending.reject(new Failure('qmp-command', `QEMU refused ${pending.command}: ${text}`));
  }

  #fail(failure: Failure): void {
    if (this.#failure !== undefined) return;
    this.#failure = failure;
    this.#greeted?.reject(failure);
    for (const pending of this.#pending.values()) pending.reject(failure);
    this.#pending.clear();
    this.#socket.destroy();
  }
}

/** QEMU makes the socket some time after it was started: until then no socket exists, or nobody listens at an old one. */
async function connect(path: string, signal: AbortSignal): Promise<Socket> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await connectOnce(path);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (code !== 'ENOENT' && code !== 'ECONNREFUSED') {
        throw new Failure(
          'qmp-unreachable',
          `cannot connect to QEMU at ${path}: ${(error as Error).message}`,
          {
            cause: error,
          },
        );
      }
    }
    await pause(connectEvery);
  }
}

function connectOnce(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    socket.once('connect', () => {
      socket.off('error', reject);
      resolve(socket);
    });
    socket.once('error', reject);
  });
}

function parse(line: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function excerpt(line: string): string {
  return JSON.stringify(line.length > 80 ? `${line.slice(0, 80)}…` : line);
}
