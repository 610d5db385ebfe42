import { InvalidError, type Diagnostic, type Sha256 } from '../../base/index.ts';
import type { Plan, PlannedStep, Project } from '../../recipe/index.ts';
import type { FetchProgress, Pinned, SourceContext } from '../../sources/index.ts';
import { openUserFiles, type HashUserFile } from '../../sources/user-file.ts';
import type { Store } from '../../store/index.ts';
import { choicesOf, type Choice, type Origins } from './choices.ts';
import { firstOfEach, SourceFailure } from './first-of-each.ts';
import { openPins, type Pins } from './pins.ts';
import { openStandIns } from './stand-ins.ts';

export interface FetchOptions {
  readonly signal: AbortSignal;
  /** Only what the store holds. */
  readonly offline: boolean;
  readonly onProgress: (source: string, progress: FetchProgress) => void;
  /** The team's cache (SourceContext). */
  readonly fromCache?: SourceContext['fromCache'] | undefined;
}

/** A source as its step gets it. */
export interface Fetched {
  readonly pinned: Pinned;
  /** Absolute: the folder that the step sees. */
  readonly path: string;
}

/** The sources of a plan's steps, every one pinned. */
export interface StepSources {
  /** Lists every choice of one origin a source, the preferred ones first. No network is asked. */
  choices(step: PlannedStep): readonly Choice[];
  /** The digest of a file the user owns, which no lockfile pins. */
  userFile(path: string, options?: HashUserFile): Promise<Sha256>;
  /** @throws Failure 'file-changed' when it is no longer the file that was hashed */
  checkUserFile(path: string): void;
  /**
   * Fetches and unpacks what is not in the store yet: of each source the first origin that can be had.
   * @throws SourceFailure with the cause of every origin of each source that none of them gives
   */
  fetch(step: PlannedStep, options: FetchOptions): Promise<ReadonlyMap<string, Fetched>>;
  /** The same for the origins chosen, and no others. */
  fetchChosen(
    step: PlannedStep,
    choice: Choice,
    options: FetchOptions,
  ): Promise<ReadonlyMap<string, Fetched>>;
  /** The same as `fetch`, and what is fetched is left packed. */
  download(step: PlannedStep, options: FetchOptions): Promise<ReadonlyMap<string, Pinned>>;
  /** Lists how a step that is made of these sources differs from what is pinned, "NAME OLD → NEW" a line. */
  changes(step: string, sources: Readonly<Record<string, Sha256>>): readonly string[];
}

/** What may stand in for pinned files that no archive has any more. */
export interface DriftOptions {
  /** Read recipes/lock.local.yaml: what stands in on this machine. */
  readonly drifted: boolean;
  /** Pin anew there what vanished since. */
  readonly updateVanished: boolean;
}

const vanished: ReadonlySet<string> = new Set(['package-vanished', 'source-vanished', 'no-source']);

/**
 * Looks every source of a plan up in the lockfile.
 * @throws InvalidError with a diagnostic for each source that is not locked as its recipe now declares it
 */
export function openStepSources(
  store: Store,
  project: Project,
  plan: Plan,
  drift: DriftOptions = { drifted: false, updateVanished: false },
): StepSources {
  const pins = openPins(project);
  const standIns = openStandIns(project, drift.drifted);
  const faults: Diagnostic[] = [];
  const pinned = new Map(plan.steps.map((step) => [step.name, pinStep(step, pins, faults)]));
  if (faults.length > 0) throw new InvalidError(faults, project.memory.texts);
  // A run that fetches nothing reads no settings.
  const mirrors = async (): Promise<readonly string[]> => {
    const { loadSettings } = await import('../../recipe/project/settings.ts');
    return loadSettings(project.root).mirrors;
  };
  const users = openUserFiles(store);
  for (const step of plan.steps)
    pinned.set(step.name, standIns.join(step, pinned.get(step.name) ?? new Map()));
  const of = (step: PlannedStep): Origins => pinned.get(step.name) ?? new Map();
  const unpack =
    (step: PlannedStep, options: FetchOptions) =>
    async (name: string, one: Pinned): Promise<Fetched> => {
      const { ensureSourceTree } = await import('../../sources/source.ts');
      return {
        pinned: one,
        path: await ensureSourceTree(one, contextOf(store, step, name, options, await mirrors())),
      };
    };
  const takeEach = async <T>(
    step: PlannedStep,
    options: FetchOptions,
    take: (name: string, one: Pinned) => Promise<T>,
  ): Promise<ReadonlyMap<string, T>> => {
    try {
      return await firstOfEach(of(step), take);
    } catch (error) {
      const anew = drift.updateVanished && !options.offline;
      if (!anew || !(error instanceof SourceFailure) || !vanished.has(error.code)) throw error;
      const context = async (name: string): Promise<SourceContext> =>
        contextOf(store, step, name, options, await mirrors());
      return firstOfEach(await standIns.pinAnew(step, of(step), context), take);
    }
  };
  const begun = new Map<string, ReturnType<StepSources['fetch']>>();
  return {
    choices: (step) => choicesOf(of(step)),
    userFile: (path, hashing) => users.hash(path, hashing),
    checkUserFile: (path) => users.check(path),
    fetch: (step, options) => {
      // Asked for again, while it runs or after, it is the same fetch.
      const fetching = begun.get(step.name) ?? takeEach(step, options, unpack(step, options));
      begun.set(step.name, fetching);
      return fetching;
    },
    fetchChosen: (step, choice, options) =>
      firstOfEach(new Map([...choice].map(([name, one]) => [name, [one]])), unpack(step, options)),
    download: (step, options) =>
      takeEach(step, options, async (name, one) => {
        const { ensureFiles } = await import('../../sources/source.ts');
        await ensureFiles(one, contextOf(store, step, name, options, await mirrors()));
        return one;
      }),
    changes: (step, sources) => standIns.changes(step, sources),
  };
}

function contextOf(
  store: Store,
  step: PlannedStep,
  name: string,
  options: FetchOptions,
  mirrors: readonly string[],
): SourceContext {
  return {
    store,
    root: step.recipe.root,
    mirrors,
    signal: options.signal,
    offline: options.offline,
    ...(options.fromCache === undefined ? {} : { fromCache: options.fromCache }),
    relock: `cidermill lock ${step.buildroot?.name ?? step.recipe.name}`,
    onProgress: (progress: FetchProgress) => options.onProgress(name, progress),
  };
}

function pinStep(step: PlannedStep, pins: Pins, faults: Diagnostic[]): Origins {
  const sources = new Map<string, readonly Pinned[]>();
  for (const source of step.recipe.sources.values()) {
    const unlocked: Diagnostic[] = [];
    const origins = source.origins.flatMap(
      (origin) => pins.origin(step.recipe, source, origin, unlocked, step.parameters) ?? [],
    );
    // One origin is enough: not every machine reaches all of them when it locks.
    if (origins.length === 0) faults.push(...unlocked.slice(0, 1));
    sources.set(source.name, origins);
  }
  if (step.buildroot !== undefined) {
    const packages = pins.buildroot(step.buildroot, faults);
    sources.set('packages', packages === undefined ? [] : [packages]);
  }
  return sources;
}
