import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import { HttpProxyAgent, HttpsProxyAgent } from 'hpagent';
import { Failure } from '../../base/index.ts';
import { proxyOf } from './proxy.ts';

/** got's `agent` option. */
export interface Agents {
  readonly http?: HttpAgent;
  readonly https?: HttpsAgent;
}

/**
 * Makes the agents that go through the proxy for an address; both kinds tunnel with CONNECT (RFC 9110, 9.3.6).
 * @throws Failure 'bad-proxy' for a proxy of another kind than http and https
 */
export function proxyAgents(address: string | URL): Agents {
  const proxy = proxyOf(address);
  if (proxy === '') return {};
  const { protocol } = URL.canParse(proxy) ? new URL(proxy) : { protocol: '' };
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new Failure('bad-proxy', `the proxy that the environment names is not an http or https address`, {
      hint: 'Set http_proxy and https_proxy to such as http://proxy.example:3128, or name the host in no_proxy.',
    });
  }
  return { http: new HttpProxyAgent({ proxy }), https: new HttpsProxyAgent({ proxy }) };
}
