import { askCache, openSharedCache, type SharedCache } from '../../cache/index.ts';
import type { TeamSettings } from '../../engine/team/team-settings.ts';
import { sha256 } from '../../base/index.ts';
import type { Store } from '../../store/index.ts';

/** How a worker uses the shared cache. */
export interface CacheAccess {
  readonly store: Store;
  readonly settings: TeamSettings;
  /** The value of the header. */
  readonly authorization: string | undefined;
}

/** The shared cache, for one part of a job. */
export interface JobCache {
  readonly cache: SharedCache;
  /** What went wrong last, as a sentence. */
  readonly trouble: () => string | undefined;
}

/**
 * How long a cache that cannot be reached is asked again, in milliseconds, for what a step needs; and for what was made,
 * which another worker may as well make: that is begun soon.
 */
const patience = 10_000;
export const briefPatience = 5_000;
const briefLimits = { connect: 2_500, answer: 5_000 } as const;
/** For a question that any server answers at once. */
const signLimits = { connect: 2_500, answer: 2_500 } as const;

/** For what a step needs. */
export function openJobCache(use: CacheAccess, signal: AbortSignal): JobCache {
  return open(use, signal, { patience });
}

/**
 * For the questions and answers around a job.
 * @param silence for how many milliseconds the cache has not answered until now
 */
export function openBriefCache(use: CacheAccess, signal: AbortSignal, silence = 0): JobCache {
  return open(use, signal, { limits: briefLimits, patience: Math.max(0, briefPatience - silence) });
}

/** Asks the cache for something that nobody has. @returns why it cannot be used; undefined when it can */
export function askBriefly(
  { store, settings, authorization }: CacheAccess,
  signal: AbortSignal,
): Promise<string | undefined> {
  const options = { url: settings.url, authorization, signal, limits: signLimits };
  return askCache(options, `ac/${sha256(store.root)}`);
}

function open(
  { store, settings, authorization }: CacheAccess,
  signal: AbortSignal,
  how: Pick<Parameters<typeof openSharedCache>[0], 'patience' | 'limits'>,
): JobCache {
  let trouble: string | undefined;
  const hear = ({ message }: { readonly message: string }): void => {
    trouble = message;
  };
  const cache = openSharedCache({
    ...{ ...settings, ...how, push: true, store, signal, authorization },
    ...{ onRefused: hear, onTrouble: hear },
  });
  return { cache, trouble: () => trouble };
}
