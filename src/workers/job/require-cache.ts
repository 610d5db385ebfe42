import { Failure } from '../../base/index.ts';
import { teamSettings } from '../../engine/team/team-settings.ts';

/** @throws Failure 'usage' */
export function requireCache(root: string): NonNullable<ReturnType<typeof teamSettings>> {
  const settings = teamSettings(root);
  if (settings !== undefined) return settings;
  throw new Failure('usage', "workers need the team's cache: all that they take and make goes through it", {
    hint: 'Set CIDERMILL_CACHE, or "cache:" in cidermill.yaml (docs/cache.md).',
  });
}
