import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { Readable } from 'node:stream';
import { Transform } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { got, type Got, type Response } from 'got';
import { Failure, isAborted, type Sha256 } from '../base/index.ts';
import type { Agents } from '../sources/http/proxy-agents.ts';
import { shownUrl } from '../sources/http/http-failure.ts';
import { putStream, type Blob, type Store } from '../store/index.ts';
import { cacheAgents } from './agents.ts';
import type { Tally } from './tally.ts';
import { CacheTrouble, refusal, TooLong } from './trouble.ts';

/** How long is waited, in milliseconds: for a connection, and for an answer or the next bytes of it. */
export interface Limits {
  readonly connect: number;
  readonly answer: number;
}
const usualLimits: Limits = { connect: 5_000, answer: 10_000 };
/** Between two tries of one that is asked again, in milliseconds. */
const betweenTries = 500;
/** Bytes a second that a body has to come or go with at least, on the average. */
const leastPace = 64 * 1024;

/** What a cache's address, credentials and end are. */
export interface ServerOptions {
  /** Without a slash at its end, and without a user. */
  readonly url: string;
  /** The value of the Authorization header. */
  readonly authorization?: string | undefined;
  /** For how many milliseconds it is asked again where it cannot be reached; else not at all. */
  readonly patience?: number | undefined;
  readonly limits?: Limits | undefined;
  readonly signal: AbortSignal;
}

/** A server that speaks Bazel's HTTP caching protocol: `GET`, `HEAD` and `PUT` of `/ac/KEY` and `/cas/SHA256`. */
export class CacheServer {
  readonly #client: Got;
  readonly #options: ServerOptions;
  readonly #tally: Tally;
  readonly #agents: Required<Agents>;

  constructor(options: ServerOptions, tally: Tally, agents: Required<Agents> = cacheAgents(options.url)) {
    this.#options = options;
    this.#tally = tally;
    this.#agents = agents;
    const { authorization } = options;
    // Each request that is under way listens to it.
    const signal = AbortSignal.any([options.signal]);
    setMaxListeners(0, signal);
    this.#client = got.extend({
      prefixUrl: options.url,
      agent: agents,
      headers: { 'user-agent': 'cidermill', ...(authorization === undefined ? {} : { authorization }) },
      decompress: false,
      throwHttpErrors: false,
      retry: { limit: 0 },
      followRedirect: false,
      signal,
    });
  }

  /** The same server, asked no longer than that. */
  until(signal: AbortSignal): CacheServer {
    const both = AbortSignal.any([this.#options.signal, signal]);
    return new CacheServer({ ...this.#options, signal: both }, this.#tally, this.#agents);
  }

  /** Who is asked, for messages. */
  get name(): string {
    return shownUrl(this.#options.url);
  }

  /**
   * Reads a small body.
   * @param limit in bytes; a longer body is refused
   * @param usual in bytes: it has as long to come as that much takes at the least pace
   * @returns undefined when the server does not have it
   * @throws CacheTrouble
   */
  async read(path: string, limit: number, usual = limit): Promise<Buffer | undefined> {
    return this.#download(path, limit, usual, async (body) => {
      const chunks: Buffer[] = [];
      for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk);
      return Buffer.concat(chunks);
    });
  }

  /**
   * Brings a blob into the store, verified as it comes.
   * @returns false when the server does not have it
   * @throws Failure 'digest-mismatch' when it has other bytes; CacheTrouble
   */
  async bring(store: Store, blob: Blob): Promise<boolean> {
    const brought = await this.#download(`cas/${blob.digest}`, blob.size, blob.size, (body) =>
      putStream(store, body, blob),
    );
    return brought !== undefined;
  }

  /** @throws CacheTrouble */
  async has(path: string): Promise<boolean> {
    const { statusCode } = await this.#ask('HEAD', path, 0);
    if (statusCode === 404) return false;
    if (statusCode === 200 || statusCode === 204) return true;
    throw refusal(this.name, 'HEAD', path, statusCode);
  }

  /** @throws CacheTrouble */
  async write(path: string, body: Uint8Array): Promise<void> {
    const { statusCode } = await this.#ask('PUT', path, body.length, body);
    if (statusCode < 200 || statusCode > 299) throw refusal(this.name, 'PUT', path, statusCode);
    this.#tally.sent += body.length;
  }

  /** @param body makes the bytes anew for another try @throws CacheTrouble */
  async writeStream(path: string, size: number, body: () => Readable): Promise<void> {
    const { statusCode } = await this.#ask('PUT', path, size, body);
    if (statusCode < 200 || statusCode > 299) throw refusal(this.name, 'PUT', path, statusCode);
    this.#tally.sent += size;
  }

  async #ask(
    method: 'HEAD' | 'PUT',
    path: string,
    size: number,
    body?: Uint8Array | (() => Readable),
  ): Promise<Response<Buffer>> {
    const send = (): Promise<Response<Buffer>> =>
      this.#client(path, {
        method,
        timeout: this.#timeouts(size),
        responseType: 'buffer',
        ...(body === undefined
          ? {}
          : {
              body: typeof body === 'function' ? body() : Buffer.from(body),
              headers: { 'content-length': String(size), 'content-type': 'application/octet-stream' },
            }),
      });
    const response = await this.#trying(path, send);
    this.#count(String(response.statusCode));
    return response;
  }

  async #download<T>(
    path: string,
    limit: number,
    usual: number,
    take: (body: Readable) => Promise<T>,
  ): Promise<T | undefined> {
    return this.#trying(path, async () => {
      const request = this.#client.stream(path, {
        timeout: this.#timeouts(usual),
        followRedirect: true,
        maxRedirects: 3,
      });
      request.once('error', () => undefined);
      const response = await new Promise<Response>((resolve, reject) => {
        request.once('response', resolve);
        request.once('error', reject);
      });
      const { statusCode } = response;
      if (statusCode !== 200) {
        request.destroy();
        this.#count(String(statusCode));
        if (statusCode === 404 || statusCode === 410) return undefined;
        throw refusal(this.name, 'GET', path, statusCode);
      }
      const bounded = request.pipe(this.#bounded(limit));
      request.once('error', (error) => bounded.destroy(error));
      try {
        const taken = await take(bounded);
        this.#count('200');
        return taken;
      } finally {
        request.destroy();
      }
    });
  }

  /** Counts bytes, and ends a body that is longer than it may be. */
  #bounded(limit: number): Transform {
    let size = 0;
    return new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        size += chunk.length;
        this.#tally.received += chunk.length;
        if (size > limit) done(new TooLong());
        else done(null, chunk);
      },
    });
  }

  /** Tries once more what a server does that closes a connection which it kept for long enough. */
  async #trying<T>(path: string, work: () => Promise<T>): Promise<T> {
    const { patience = 0 } = this.#options;
    const until = performance.now() + patience;
    for (let left = 1; ; left--) {
      try {
        this.#tally.requests += 1;
        return await work();
      } catch (error) {
        const { signal } = this.#options;
        if (isAborted(signal)) throw signal.reason;
        if (error instanceof TooLong || error instanceof Failure) throw error;
        const { code } = error as NodeJS.ErrnoException;
        if (code !== undefined && /^E(NOSPC|DQUOT|ROFS|FBIG|IO|ACCES)$/.test(code)) throw error;
        if (left > 0 && (code === 'ECONNRESET' || code === 'EPIPE')) continue;
        if (performance.now() < until) {
          await pause(betweenTries, undefined, { signal }).catch(() => undefined);
          continue;
        }
        this.#count('none');
        throw new CacheTrouble(`${this.name} does not answer: ${(error as Error).message}`);
      }
    }
  }

  /** @param size of the body, in bytes */
  #timeouts(size: number): Record<string, number> {
    const { connect, answer } = this.#options.limits ?? usualLimits;
    const whole = answer + (size / leastPace) * 1000;
    return {
      ...{ lookup: connect, connect, secureConnect: connect },
      ...{ socket: answer, response: whole, request: whole },
    };
  }

  #count(answer: string): void {
    this.#tally.answers[answer] = (this.#tally.answers[answer] ?? 0) + 1;
  }
}

/** Is this what the digest says? */
export function isBlob(bytes: Buffer, { digest, size }: Blob): boolean {
  return bytes.length === size && (createHash('sha256').update(bytes).digest('hex') as Sha256) === digest;
}
