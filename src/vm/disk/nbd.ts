import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { Failure, type ByteTarget } from '../../base/index.ts';
import { connectable } from '../process/socket-path.ts';

/** The NBD protocol (its proto.md): big-endian numbers, "newstyle" handshake, simple replies. */
const magic = {
  greeting: 0x4e42444d41474943n,
  option: 0x49484156454f5054n,
  optionReply: 0x0003e889045565a9n,
  request: 0x25609513,
  reply: 0x67446698,
} as const;
const flags = { fixedNewstyle: 1, noZeroes: 2 } as const;
const optionGo = 7;
const optionReply = { ack: 1, info: 3 } as const;
const infoExport = 0;
const command = { read: 0, write: 1, disconnect: 2, flush: 3 } as const;

/** One request's bytes at the most; servers take 32 MiB. */
const largestRequest = 2 ** 20;
/** An option's reply has an export's numbers or an error's text. */
const largestReply = 2 ** 16;

/** A disk that another program serves. */
export interface RemoteDisk extends ByteTarget {
  /** Resolves when all that was written is where the server keeps it. */
  flush(): Promise<void>;
  /** Ends the session, with all that was asked for done. */
  close(): Promise<void>;
}

/**
 * Connects to an NBD server at a unix socket. Requests go one after the other.
 * @param name of the export
 * @throws Failure 'nbd' when the server speaks otherwise, has no such export, or goes away
 */
export async function connectNbd(path: string, name: string): Promise<RemoteDisk> {
  const socket = createConnection(connectable(path));
  await once(socket, 'connect').catch((cause: unknown) => {
    throw new Failure('nbd', `there is no NBD server at ${path}`, { cause });
  });
  const session = new Session(socket);
  const size = await session.handshake(name);
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(act: () => Promise<T>): Promise<T> => {
    const result = turn.then(act);
    turn = result.catch(() => undefined);
    return result;
  };
  return {
    size,
    read: (offset, length) =>
      inTurn(async () => {
        const bytes = new Uint8Array(length);
        for (let done = 0; done < length; done += largestRequest) {
          const part = Math.min(largestRequest, length - done);
          bytes.set(await session.request(command.read, offset + done, part), done);
        }
        return bytes;
      }),
    write: (offset, bytes) =>
      inTurn(async () => {
        for (let done = 0; done < bytes.length; done += largestRequest) {
          const part = bytes.subarray(done, done + largestRequest);
          await session.request(command.write, offset + done, part.length, part);
        }
      }),
    flush: () =>
      inTurn(async () => {
        await session.request(command.flush, 0, 0);
      }),
    close: () => inTurn(() => session.end()),
  };
}

class Session {
  readonly #socket: Socket;
  readonly #chunks: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);
  #cookie = 0n;

  constructor(socket: Socket) {
    this.#socket = socket;
    this.#chunks = socket[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  /** @returns the export's size in bytes */
  async handshake(name: string): Promise<number> {
    const greeting = await this.#take(18);
    const known =
      greeting.readBigUInt64BE(0) === magic.greeting &&
      greeting.readBigUInt64BE(8) === magic.option &&
      (greeting.readUInt16BE(16) & flags.fixedNewstyle) !== 0;
    if (!known) throw this.#wrong('sent an unexpected greeting');
    const export_ = Buffer.from(name, 'utf8');
    const hello = Buffer.alloc(4 + 16 + 6 + export_.length);
    hello.writeUInt32BE(flags.fixedNewstyle | flags.noZeroes, 0);
    hello.writeBigUInt64BE(magic.option, 4);
    hello.writeUInt32BE(optionGo, 12);
    hello.writeUInt32BE(6 + export_.length, 16);
    hello.writeUInt32BE(export_.length, 20);
    export_.copy(hello, 24);
    this.#socket.write(hello);
    let size: bigint | undefined;
    for (;;) {
      const reply = await this.#take(20);
      if (reply.readBigUInt64BE(0) !== magic.optionReply) throw this.#wrong('sent an unexpected answer');
      const [type, length] = [reply.readUInt32BE(12), reply.readUInt32BE(16)];
      if (length > largestReply) throw this.#wrong('sent an answer that is too long');
      const data = await this.#take(length);
      if (type === optionReply.ack) break;
      if (type !== optionReply.info) throw this.#wrong(`refuses "${name}": ${data.toString('latin1')}`);
      if (length >= 12 && data.readUInt16BE(0) === infoExport) size = data.readBigUInt64BE(2);
    }
    if (size === undefined || size > BigInt(Number.MAX_SAFE_INTEGER))
      throw this.#wrong('did not give a size');
    return Number(size);
  }

  /** @returns what was read; nothing of other requests */
  async request(type: number, offset: number, length: number, data?: Uint8Array): Promise<Buffer> {
    const cookie = ++this.#cookie;
    const head = Buffer.alloc(28);
    head.writeUInt32BE(magic.request, 0);
    head.writeUInt16BE(type, 6);
    head.writeBigUInt64BE(cookie, 8);
    head.writeBigUInt64BE(BigInt(offset), 16);
    head.writeUInt32BE(length, 24);
    this.#socket.write(data === undefined ? head : Buffer.concat([head, data]));
    const reply = await this.#take(16);
    if (reply.readUInt32BE(0) !== magic.reply || reply.readBigUInt64BE(8) !== cookie)
      throw this.#wrong('answered another request');
    const error = reply.readUInt32BE(4);
    if (error !== 0) throw this.#wrong(`fails at offset ${offset} (error ${error})`);
    return type === command.read ? this.#take(length) : Buffer.alloc(0);
  }

  async end(): Promise<void> {
    const head = Buffer.alloc(28);
    head.writeUInt32BE(magic.request, 0);
    head.writeUInt16BE(command.disconnect, 6);
    const closed = once(this.#socket, 'close');
    this.#socket.end(head);
    this.#socket.resume();
    await closed;
  }

  async #take(length: number): Promise<Buffer> {
    while (this.#held.length < length) {
      const next = await this.#chunks.next().catch((cause: unknown) => {
        throw new Failure('nbd', 'the connection to the NBD server broke', { cause });
      });
      if (next.done === true) throw new Failure('nbd', 'the NBD server closed the connection');
      this.#held = this.#held.length === 0 ? next.value : Buffer.concat([this.#held, next.value]);
    }
    const taken = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    return taken;
  }

  #wrong(what: string): Failure {
    this.#socket.destroy();
    return new Failure('nbd', `the NBD server ${what}`);
  }
}
