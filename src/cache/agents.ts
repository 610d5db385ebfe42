import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { proxyAgents, type Agents } from '../sources/http/proxy-agents.ts';

/** Requests at once. */
export const atOnce = 16;

/**
 * Connections, through the proxy where there is one.
 * @param keepAlive keep them for the next request
 */
export function cacheAgents(url: string, keepAlive = true): Required<Agents> {
  const proxied = proxyAgents(url);
  const keep = { keepAlive, maxSockets: atOnce };
  return { http: proxied.http ?? new HttpAgent(keep), https: proxied.https ?? new HttpsAgent(keep) };
}
