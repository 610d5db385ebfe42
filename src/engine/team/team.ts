import { statSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import {
  authorizationOf,
  openSharedCache,
  resultOf,
  type Entry,
  type SharedCache,
} from '../../cache/index.ts';
import { isAborted, type Sha256 } from '../../base/index.ts';
import type { PlannedStep } from '../../recipe/index.ts';
import { filesOf, type LockedFile } from '../../sources/index.ts';
import {
  blobPath,
  blobsOf,
  DamagedBlob,
  hasBlob,
  readAction,
  readEntry,
  writeAction,
  type ActionResult,
  type Blob,
  type Store,
} from '../../store/index.ts';
import type { RunContext } from '../context.ts';
import type { ResolvedStep } from '../decide.ts';
import { readRecord } from '../history.ts';
import { keepModules, originsOfResult } from '../own-record.ts';
import type { Done } from '../resolve.ts';
import { listingsFault } from './listings-fault.ts';
import { privateSteps } from './private-steps.ts';
import type { TeamSettings } from './team-settings.ts';

/** What a run has of the team's cache. */
export interface Team {
  readonly cache: SharedCache;
  /** What the cache knows of a step that is not in the store; nothing is brought. */
  find(resolved: ResolvedStep): Promise<Entry | undefined>;
  /**
   * Takes a step's artifact from the cache into the store.
   * @param choices the step for each choice of origins, the preferred first: what one of them has is taken
   * @param hold keeps the garbage collector away; called before anything is written
   */
  take(
    choices: readonly ResolvedStep[],
    done: Done,
    hold: () => Promise<unknown>,
  ): Promise<{ readonly resolved: ResolvedStep; readonly result: ActionResult } | undefined>;
  /** Is it a step that is neither asked for nor sent? */
  keeps(step: PlannedStep): boolean;
  /** Begins to send what a step has made here. */
  give(resolved: ResolvedStep, result: ActionResult): void;
  /** Takes a step's artifact that another machine says it has sent; undefined where it is not there. */
  takeMade(resolved: ResolvedStep, done: Done): Promise<ActionResult | undefined>;
  /** Sends what the store has of a step, unless the cache has it. @returns is it there now? */
  share(resolved: ResolvedStep, result: ActionResult): Promise<boolean>;
  /** Brings what the cache has of these files of sources. */
  files(files: readonly LockedFile[]): Promise<void>;
  /** Waits for all that is being sent, so long as that comes to an end. */
  settle(): Promise<void>;
}

/** After the last step, in milliseconds. */
const longestSettling = 5 * 60_000;

/** As much of a run's context as the cache needs. */
export type TeamContext = Pick<RunContext, 'store' | 'plan' | 'sources' | 'history' | 'signal' | 'emit'>;

export function openTeam(context: TeamContext, settings: TeamSettings): Team {
  const { store, emit, plan, sources, history } = context;
  const unshared = settings.private ? new Set<string>() : privateSteps(plan, sources);
  const note = (message: string, hint?: string): void =>
    emit({ type: 'cache-note', message, ...(hint === undefined ? {} : { hint }) });
  const { header, withheld } = authorizationOf(settings.url, process.env, settings.named);
  if (withheld !== undefined) note(withheld);
  const sending = new AbortController();
  const cache = openSharedCache({
    ...settings,
    store,
    authorization: header,
    signal: AbortSignal.any([context.signal, sending.signal]),
    onRefused: (refused) => emit({ type: 'cache-refused', ...refused }),
    onTrouble: ({ message, hint }, what) =>
      note(
        `${message}; ${what === 'read' ? 'it is not used' : 'nothing is sent to it'} any more in this run`,
        hint,
      ),
  });
  const under: Promise<void>[] = [];

  const find = ({ step, key, action }: ResolvedStep): Promise<Entry | undefined> =>
    unshared.has(step.name) ? Promise.resolve(undefined) : cache.find(key, action);

  const logOf = ({ log }: ActionResult): Blob => ({
    digest: log,
    size: statSync(blobPath(store, log), { throwIfNoEntry: false })?.size ?? 0,
  });

  const bring = async (
    resolved: ResolvedStep,
    done: Done,
    entry: Entry,
  ): Promise<ActionResult | undefined> => {
    const { step, key, action } = resolved;
    const onProgress = (finished: number, total: number): void =>
      emit({
        ...{ type: 'step-fetching', step: step.name, source: '', what: "from the team's cache" },
        ...{ done: finished, total },
      });
    const like = likelyAlike(store, readRecord(history, step.name)?.key);
    if (!(await cache.bring(entry, { like, onProgress }))) return undefined;
    const result = resultOf(entry, { action, ...originsOfResult(resolved, done) });
    const fault = listingsFault(store, result.outputs);
    if (fault !== undefined) {
      emit({
        type: 'cache-refused',
        key,
        message: `the entry ${key.slice(0, 12)} of ${cache.name} ${fault}`,
      });
      cache.tally.refused += 1;
      return undefined;
    }
    await keepModules(store, step, action);
    await writeAction(store, result);
    return readAction(store, key);
  };

  return {
    cache,
    find,
    keeps: (step) => unshared.has(step.name),
    take: async (choices, done, hold) => {
      for (const resolved of choices) {
        if (unshared.has(resolved.step.name)) return undefined;
        const entry = await find(resolved);
        if (entry === undefined) continue;
        await hold();
        const result = await bring(resolved, done, entry);
        if (result === undefined) continue;
        cache.tally.hits += 1;
        return { resolved, result };
      }
      cache.tally.misses += 1;
      return undefined;
    },
    give: ({ step, choice }, result) => {
      if (!settings.push || unshared.has(step.name)) return;
      const files = [...choice.values()]
        .flatMap(filesOf)
        .map(({ sha256, size }) => ({ digest: sha256, size }))
        .filter(({ digest, size }) => hasBlob(store, digest, size));
      under.push(
        cache.send(result, logOf(result), files).catch((error: unknown) => {
          if (!isAborted(context.signal) && !isAborted(sending.signal))
            note(`${step.name} was not sent to ${cache.name}: ${(error as Error).message}`);
        }),
      );
    },
    takeMade: async (resolved, done) => {
      cache.forget(resolved.key);
      const entry = await find(resolved);
      return entry && bring(resolved, done, entry);
    },
    share: async (resolved, result) => {
      if (unshared.has(resolved.step.name)) return false;
      if ((await find(resolved)) !== undefined) return true;
      await cache.send(result, logOf(result), []);
      cache.forget(resolved.key);
      return (await find(resolved)) !== undefined;
    },
    files: (files) => cache.bringFiles(files.map(({ sha256, size }) => ({ digest: sha256, size }))),
    settle: async () => {
      const late = new AbortController();
      const tooLong = wait(longestSettling, 'late', { signal: late.signal, ref: false }).catch(() => 'ended');
      const end = await Promise.race([Promise.all(under), tooLong]);
      late.abort();
      if (end !== 'late') return;
      sending.abort();
      note(`${cache.name} is too slow: not all that was made here was sent to it`);
      await Promise.all(under);
    },
  };
}

/** The larger files of what a step had made before: they may share parts with what it makes now. */
function likelyAlike(store: Store, key: Sha256 | undefined): Sha256[] {
  const before = key === undefined ? undefined : readEntry(store, key);
  try {
    return Object.values(before?.outputs ?? {})
      .flatMap((output) => blobsOf(store, output))
      .filter(({ size }) => size > 1 << 20)
      .map(({ digest }) => digest);
  } catch (error) {
    if (error instanceof DamagedBlob) return [];
    throw error;
  }
}
