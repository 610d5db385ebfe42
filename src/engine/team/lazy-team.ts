import type { RunContext } from '../context.ts';
import type { CacheUse } from '../events.ts';
import type { Team } from './team.ts';

/** The team's cache of a run that may never ask it. */
export interface LazyTeam {
  /** Undefined when no cache is set, or the run must not use it. */
  open(): Promise<Team | undefined>;
  /** Why the settings are wrong, where they are: a run that asks stops of it. */
  fault(): unknown;
  /** Waits for what is being sent. */
  settle(): Promise<void>;
  /** What a run's end says of it. */
  use(): { readonly cache?: CacheUse };
}

/** As much of a run's context as the cache needs. */
export type TeamRun = Pick<
  RunContext,
  'store' | 'plan' | 'sources' | 'history' | 'signal' | 'emit' | 'offline' | 'onHost'
>;

/**
 * Opens the team's cache when a step first asks that is not in the store: a run that has all of its steps neither reads
 * settings nor loads a module for it. On the host's own tools artifacts may depend on what no key names, so they are not
 * shared.
 * @param forWorkers is it what the run's workers have in common? It is written to then, and waited for
 */
export function lazyTeam(context: TeamRun, forWorkers = false): LazyTeam {
  let opened: Team | undefined;
  let fault: unknown;
  let opening: Promise<Team | undefined> | undefined;
  const open = async (): Promise<Team | undefined> => {
    if (context.offline || context.onHost || context.store.readOnly) return undefined;
    const { teamSettings } = await import('./team-settings.ts');
    const settings = teamSettings(context.plan.root);
    if (settings === undefined) return undefined;
    const { openTeam } = await import('./team.ts');
    return (opened = openTeam(context, forWorkers ? { ...settings, ...workersNeed } : settings));
  };
  return {
    open: () =>
      (opening ??= open().catch((error: unknown) => {
        fault = error;
        throw error;
      })),
    fault: () => fault,
    settle: async () => {
      if (opened === undefined) return;
      await opened.settle();
      const { rememberUse } = await import('./last-use.ts');
      const { store, plan } = context;
      await rememberUse(store, plan.root, { pipeline: plan.pipeline, time: Date.now(), use: useOf(opened) });
    },
    use: () => (opened === undefined ? {} : { cache: useOf(opened) }),
  };
}

/** What workers take and make goes through the cache, which may be out for a moment. */
const workersNeed = { push: true, patience: 15_000 } as const;

function useOf({ cache }: Team): CacheUse {
  return { server: cache.name, ...cache.tally };
}
