import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import { isIP } from 'node:net';
import { HttpProxyAgent, HttpsProxyAgent } from 'hpagent';
import { getProxyForUrl } from 'proxy-from-env';
import { Failure } from '../../base/index.ts';

/** got's `agent` option. */
export interface Agents {
  readonly http?: HttpAgent;
  readonly https?: HttpsAgent;
}

/**
 * Gives the proxy that the environment names for an address (http_proxy, https_proxy, all_proxy, no_proxy, in either
 * case), or '' for none. As in curl and wget a domain in no_proxy stands for its subdomains too.
 */
export function proxyOf(address: string | URL): string {
  const { protocol, hostname, port } = new URL(address);
  const names = isIP(hostname.replace(/^\[|\]$/g, '')) === 0 ? withParents(hostname) : [hostname];
  const proxies = names.map((name) => getProxyForUrl(`${protocol}//${name}${port === '' ? '' : `:${port}`}`));
  return proxies.includes('') ? '' : (proxies[0] ?? '');
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

/** `a.b.org`, `b.org`, `org`. */
function withParents(hostname: string): string[] {
  const parts = hostname.split('.');
  return parts.map((_, index) => parts.slice(index).join('.'));
}
