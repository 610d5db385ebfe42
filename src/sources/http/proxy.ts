import { Agent as HttpAgent, request, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { connect as tlsConnect, type ConnectionOptions } from 'node:tls';
import type { Duplex } from 'node:stream';

/** got's `agent` option. */
export interface Agents {
  readonly http?: HttpAgent;
  readonly https?: HttpsAgent;
}

/**
 * Agents that go through the proxies the environment names (http_proxy, https_proxy, all_proxy, no_proxy; lower case
 * or, but for http_proxy, upper), or none where it names none. Both kinds tunnel with CONNECT (RFC 9110, 9.3.6).
 */
export function proxyAgents(environment: NodeJS.ProcessEnv = process.env): Agents {
  const all = environment['all_proxy'] ?? environment['ALL_PROXY'];
  const http = environment['http_proxy'] ?? all;
  const https = environment['https_proxy'] ?? environment['HTTPS_PROXY'] ?? all;
  const except = environment['no_proxy'] ?? environment['NO_PROXY'] ?? '';
  return {
    ...(usable(http) ? { http: tunnelling(new HttpAgent(), http, except, false) } : {}),
    ...(usable(https) ? { https: tunnelling(new HttpsAgent(), https, except, true) } : {}),
  };
}

function usable(proxy: string | undefined): proxy is string {
  return proxy !== undefined && URL.canParse(proxy) && new URL(proxy).protocol === 'http:';
}

type Created = (error: Error | null, socket?: Duplex) => void;
type Connectable = { createConnection: (options: ConnectionOptions, done: Created) => Duplex | undefined };

function tunnelling<T extends HttpAgent>(agent: T, proxy: string, except: string, secure: boolean): T {
  const connectable = agent as unknown as Connectable;
  const direct = connectable.createConnection.bind(agent);
  connectable.createConnection = (options, done) => {
    const host = options.host ?? 'localhost';
    if (isExcepted(host, except)) return direct(options, done);
    const { hostname, port, username, password } = new URL(proxy);
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    const target = `${host.includes(':') ? `[${host}]` : host}:${String(options.port ?? (secure ? 443 : 80))}`;
    const tunnel = request({
      host: hostname,
      port: port === '' ? 80 : Number(port),
      method: 'CONNECT',
      path: target,
      headers: {
        host: target,
        ...(username === ''
          ? {}
          : { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` }),
      },
    });
    tunnel.once('connect', (response: IncomingMessage, socket: Duplex) => {
      if (response.statusCode !== 200) {
        socket.destroy();
        done(new Error(`the proxy answers ${response.statusCode ?? 0} to CONNECT`));
      } else if (secure) {
        done(null, tlsConnect({ ...options, socket, servername: options.servername ?? host }));
      } else done(null, socket);
    });
    tunnel.once('error', (error) => done(error));
    tunnel.end();
    return undefined;
  };
  return agent;
}

/** no_proxy: a list of host names and domains, with or without a leading dot; "*" is all. */
function isExcepted(host: string, list: string): boolean {
  return list
    .split(/[\s,]+/)
    .filter((item) => item !== '')
    .some((item) => {
      const name = item.replace(/^\*?\./, '').replace(/:\d+$/, '');
      return item === '*' || host === name || host.endsWith(`.${name}`);
    });
}
