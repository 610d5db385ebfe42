import { isIP } from 'node:net';
import { getProxyForUrl } from 'proxy-from-env';

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

/** `a.b.org`, `b.org`, `org`. */
function withParents(hostname: string): string[] {
  const parts = hostname.split('.');
  return parts.map((_, index) => parts.slice(index).join('.'));
}
