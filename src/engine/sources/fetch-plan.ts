import { diskFailure, noSpace, SpaceWatch, storeHint } from '../../host/index.ts';
import type { Plan, PlannedStep } from '../../recipe/index.ts';
import { hasBlob, openSession, type Store } from '../../store/index.ts';
import { filesOf, type FetchProgress, type LockedFile } from '../../sources/index.ts';
import { lackingBytes, missingBytes } from './room.ts';
import type { StepSources } from './step-sources.ts';

export interface FetchPlanOptions {
  readonly store: Store;
  readonly plan: Plan;
  readonly sources: StepSources;
  readonly offline: boolean;
  readonly signal: AbortSignal;
  readonly onProgress: (step: string, progress: FetchProgress) => void;
  readonly onStep: (fetched: FetchedStep) => void;
  /** The team's cache (SourceContext). */
  readonly fromCache?: ((files: readonly LockedFile[]) => Promise<void>) | undefined;
}

/** What a step's sources are, now that all of it is in the store. */
export interface FetchedStep {
  readonly step: string;
  readonly files: readonly LockedFile[];
  /** Was anything of it not there before? */
  readonly fetched: boolean;
}

/**
 * Brings every source and package that a plan's steps need into the store, so that a run needs no network. Of origins
 * that can stand for one another the first that can be had is enough.
 * @throws SourceFailure with the cause of every origin of each source that none of them gives
 */
export async function fetchPlan(options: FetchPlanOptions): Promise<FetchedStep[]> {
  const { store, plan } = options;
  const needed = missingBytes(store, plan.steps, options.sources);
  if (!options.offline && lackingBytes(store, needed) > 0)
    throw noSpace(store.root, { needed, hint: storeHint });
  const session = await openSession(store);
  const watch = new SpaceWatch(store.root);
  const signal = AbortSignal.any([options.signal, watch.signal]);
  try {
    const steps: FetchedStep[] = [];
    for (const step of plan.steps) {
      signal.throwIfAborted();
      const fetched = await fetchStep(step, { ...options, signal });
      steps.push(fetched);
      options.onStep(fetched);
    }
    return steps;
  } catch (error) {
    throw diskFailure(error, store.root) ?? error;
  } finally {
    watch.close();
    await session.release();
  }
}

async function fetchStep(step: PlannedStep, options: FetchPlanOptions): Promise<FetchedStep> {
  const { store, sources, offline, signal, fromCache } = options;
  let fetched = false;
  const onProgress = (_source: string, progress: FetchProgress): void => {
    fetched = true;
    options.onProgress(step.name, progress);
  };
  const taken = await sources.download(step, { offline, signal, onProgress, fromCache });
  const files = [...taken.values()].flatMap(filesOf).filter((file) => hasBlob(store, file.sha256));
  return { step: step.name, files, fetched };
}
