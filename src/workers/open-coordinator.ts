import { join } from 'node:path';
import { Failure } from '../base/index.ts';
import { teamSettings } from '../engine/team/team-settings.ts';
import { buildDigest } from '../engine/script/built-scripts.ts';
import type { OpenExecutor } from '../engine/run-state.ts';
import { packageRoot } from '../host/index.ts';
import { readAddress } from './address.ts';
import { connectCoordinator, Coordinator } from './coordinator.ts';
import { isWorkerName } from './names.ts';

/** How many letters of the package's digest tell one build from another. */
const buildLength = 12;

/** What is known of this build of cidermill, the same for a checkout and the package that is made of it. */
export function ownBuild(): string {
  return buildDigest(join(packageRoot, 'dist')).slice(0, buildLength);
}

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

/** @throws Failure 'usage' */
export function requireCache(root: string): NonNullable<ReturnType<typeof teamSettings>> {
  const settings = teamSettings(root);
  if (settings !== undefined) return settings;
  throw new Failure('usage', "workers need the team's cache: all that they take and make goes through it", {
    hint: 'Set CIDERMILL_CACHE, or "cache:" in cidermill.yaml (docs/cache.md).',
  });
}
