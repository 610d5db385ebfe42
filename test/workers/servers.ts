import { startNginx, type Nginx } from '../cache/nginx.ts';
import { absence } from '../rig/judges/index.ts';
import { startRedis, type RedisServer } from '../rig/servers/redis-server.ts';

/**
 * The team's cache and Redis, for the tests of a file: begun where the file is read, so that they end with its tests.
 * Tests that use them skip where one is absent.
 * @param more lines of Redis' configuration
 */
export async function startServers(more: readonly string[] = []): Promise<readonly [Nginx, RedisServer]> {
  const nginx = absence('nginx') === undefined ? await startNginx() : undefined;
  const redis = absence('redis') === undefined ? await startRedis(more) : undefined;
  return [nginx, redis] as readonly [Nginx, RedisServer];
}
