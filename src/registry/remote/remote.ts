import { Agent as HttpAgent, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Readable } from 'node:stream';
import type { Method } from 'got';
import { Failure } from '../../base/index.ts';
import { version } from '../../host/index.ts';
import { proxyAgents } from '../../sources/http/proxy-agents.ts';
import { requestFailure, shownUrl } from '../../sources/http/http-failure.ts';
import { isLoopback, type Repository } from '../reference.ts';
import type { Answer } from './answer.ts';
import { attempt } from './attempts.ts';
import { Authority } from './authority.ts';

export interface RemoteOptions {
  /** Speak http also to a host that is not this machine. */
  readonly plainHttp?: boolean | undefined;
  /** Only reads, or writes too: what a token is asked for. */
  readonly writes?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds before the second, third and fourth attempt. */
  readonly pauses?: readonly number[];
}

/** One request. */
export interface Ask {
  readonly method?: Method;
  readonly headers?: Readonly<Record<string, string>>;
  /** Makes the body, once for each time that it is sent. */
  readonly body?: () => Buffer | Readable;
}

/** Milliseconds without a byte after which a connection is given up; a registry hashes what it was sent before it answers. */
const patience = 120_000;
const connectPatience = 30_000;

/** A repository of a registry, as one command speaks with it: its connections and its token. */
export class Remote {
  readonly repository: Repository;
  readonly #options: RemoteOptions;
  readonly #authority: Authority;
  readonly #scheme: 'http' | 'https';
  readonly #agents = { http: new HttpAgent({ keepAlive: true }), https: new HttpsAgent({ keepAlive: true }) };

  constructor(repository: Repository, options: RemoteOptions = {}) {
    this.repository = repository;
    this.#options = options;
    this.#scheme = options.plainHttp === true || isLoopback(repository.host) ? 'http' : 'https';
    const actions = options.writes === true ? 'pull,push' : 'pull';
    this.#authority = new Authority(repository.host, repository.name, actions, (method, url, headers, body) =>
      this.#send(url, { method, headers, ...(body && { body: () => body }) }),
    );
  }

  /** The address of something of the repository, such as "manifests/1". */
  url(path: string): URL {
    const { host, name } = this.repository;
    return new URL(`${this.#scheme}://${host}/v2/${name}/${path}`);
  }

  /** Does something up to four times, as long as what it fails for is temporary. */
  attempt<T>(act: () => Promise<T>): Promise<T> {
    return attempt(act, this.#options);
  }

  /** Sends a request once, and once more with a token where the registry asks for one. */
  async ask(url: URL, ask: Ask = {}): Promise<Answer> {
    const own = url.host === this.url('').host;
    const header = own ? this.#authority.header : undefined;
    const first = await this.#send(url, withAuthorization(ask, header));
    const challenge = first.headers['www-authenticate'];
    if (first.status !== 401 || challenge === undefined || !own) return first;
    first.body.destroy();
    return this.#send(url, withAuthorization(ask, await this.#authority.answer(challenge, header)));
  }

  /** Ends the connections. */
  close(): void {
    this.#agents.http.destroy();
    this.#agents.https.destroy();
  }

  async #send(url: URL, { method = 'GET', headers = {}, body }: Ask): Promise<Answer> {
    this.#checkRoad(url);
    const { signal } = this.#options;
    const shown = shownUrl(url.href);
    const { got } = await import('got');
    const agents = (to: string | URL): Readonly<Record<string, unknown>> => ({
      ...this.#agents,
      ...proxyAgents(to),
    });
    const request = got.stream(url, {
      method,
      headers: { 'user-agent': `cidermill/${version()}`, 'accept-encoding': 'identity', ...headers },
      ...(body !== undefined && { body: body() }),
      agent: agents(url),
      decompress: false,
      maxRedirects: 5,
      retry: { limit: 0 },
      throwHttpErrors: false,
      timeout: {
        lookup: connectPatience,
        connect: connectPatience,
        secureConnect: connectPatience,
        socket: patience,
        response: patience,
      },
      hooks: {
        beforeRedirect: [
          (next) => {
            this.#checkRoad(next.url as URL);
            next.agent = agents(next.url as URL);
          },
        ],
      },
      ...(signal !== undefined && { signal }),
    });
    // It waits for what is written to it where a method may have a body.
    if (body === undefined) request.end();
    try {
      const response = await new Promise<IncomingMessage>((resolve, reject) => {
        request.once('response', resolve);
        request.once('error', reject);
      });
      // What breaks later is met by who reads; what nobody reads may break.
      request.on('error', () => undefined);
      return { status: response.statusCode ?? 0, headers: response.headers, body: request, url: shown };
    } catch (error) {
      signal?.throwIfAborted();
      throw requestFailure(shown, error);
    }
  }

  /** @throws Failure 'insecure-redirect' for an address that anyone on the way can read and write */
  #checkRoad(url: URL): void {
    if (url.protocol === 'https:' || this.#options.plainHttp === true) return;
    if (url.protocol === 'http:' && isLoopback(url.host)) return;
    throw new Failure('insecure-redirect', `${shownUrl(url.href)} is not encrypted`, {
      hint: 'Where that is right, say --plain-http.',
    });
  }
}

function withAuthorization(ask: Ask, header: string | undefined): Ask {
  return header === undefined ? ask : { ...ask, headers: { ...ask.headers, authorization: header } };
}
