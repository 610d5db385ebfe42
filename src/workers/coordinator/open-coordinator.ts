import { Failure } from '../../base/index.ts';
import type { OpenExecutor } from '../../engine/run-state.ts';
import { ownBuild } from '../job/own-build.ts';
import { requireCache } from '../job/require-cache.ts';
import { readAddress } from '../redis/address.ts';
import { connectCoordinator, Coordinator } from './coordinator.ts';
import { isWorkerName } from '../redis/names.ts';

/**
 * Has a run's steps made by workers.
 * @param text the address of their Redis
 * @param root absolute: of the project whose settings name the shared cache
 * @param trusted the worker that may make steps on files of the user's
 * @throws Failure 'usage' without a shared cache; 'no-redis'
 */
export async function openCoordinator(text: string, root: string, trusted?: string): Promise<OpenExecutor> {
  const cache = requireCache(root);
  if (trusted !== undefined && !isWorkerName(trusted))
    throw new Failure('usage', `${JSON.stringify(trusted)} is not the name of a worker`);
  if (trusted !== undefined && !cache.private)
    throw new Failure(
      'usage',
      "a trusted worker gets files of yours through the team's cache, which keeps them out",
      {
        hint: 'Write "private: true" below "cache:" in cidermill.yaml, if everyone who reads the cache may have them.',
      },
    );
  const connected = await connectCoordinator(readAddress(text));
  return (host) => new Coordinator(host, connected, ownBuild(), trusted);
}
