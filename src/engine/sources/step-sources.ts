import {
  canonicalJson,
  InvalidError,
  type Diagnostic,
  type Material,
  type Sha256,
} from '../../base/index.ts';
import type { Plan, PlannedStep, Project } from '../../recipe/index.ts';
import {
  ensureFiles,
  ensurePackageFolder,
  ensurePackages,
  ensureSourceTree,
  materialsOf,
  openUserFiles,
  packageMaterials,
  packagesDigest,
  sourceDigest,
  type FetchProgress,
  type LockedBuildroot,
  type LockedFile,
  type LockedOrigin,
  type SourceContext,
} from '../../sources/index.ts';
import type { Store } from '../../store/index.ts';
import { openPins, type Pins } from './pins.ts';

export interface FetchOptions {
  readonly signal: AbortSignal;
  /** Only what the store holds. */
  readonly offline: boolean;
  readonly onProgress: (source: string, progress: FetchProgress) => void;
}

/** The sources of a plan's steps, every one pinned. */
export interface StepSources {
  /**
   * The digests of a step's sources, one record a choice of origins: the preferred ones first, then what the recipe
   * names after `or:`. No network is asked.
   */
  choices(step: PlannedStep): readonly Readonly<Record<string, Sha256>>[];
  /** What is pinned of the origins with these digests; of a buildroot's step its packages, as "packages". */
  materials(
    step: PlannedStep,
    digests: Readonly<Record<string, Sha256>>,
  ): Readonly<Record<string, readonly Material[]>>;
  /** The digest of a file the user owns, which no lockfile pins. */
  userFile(path: string): Promise<Sha256>;
  /** @throws Failure 'file-changed' when it is no longer the file that was hashed */
  checkUserFile(path: string): void;
  /**
   * Fetches and unpacks what is not in the store yet.
   * @returns source name → file or folder
   * @throws Failure when an origin does not give what is locked
   */
  paths(
    step: PlannedStep,
    digests: Readonly<Record<string, Sha256>>,
    options: FetchOptions,
  ): Promise<Record<string, string>>;
  /**
   * Fetches what is not in the store yet, and leaves it packed.
   * @returns every pinned file of the step's sources; local ones have none
   * @throws Failure when an origin does not give what is locked
   */
  files(
    step: PlannedStep,
    digests: Readonly<Record<string, Sha256>>,
    options: FetchOptions,
  ): Promise<readonly LockedFile[]>;
}

/** A source as pinned: one of its origins, or the packages of a buildroot. */
type Pinned = { readonly packages: LockedBuildroot } | { readonly origin: LockedOrigin };

/**
 * Looks every source of a plan up in the lockfile.
 * @throws InvalidError with a diagnostic for each source that is not locked as its recipe now declares it
 */
export function openStepSources(store: Store, project: Project, plan: Plan): StepSources {
  const pins = openPins(project);
  const faults: Diagnostic[] = [];
  const pinned = new Map(plan.steps.map((step) => [step.name, pinStep(step, pins, faults)]));
  if (faults.length > 0) throw new InvalidError(faults, project.memory.texts);
  const users = openUserFiles(store);
  const of = (step: PlannedStep): ReadonlyMap<string, readonly Pinned[]> =>
    pinned.get(step.name) ?? new Map();
  return {
    choices: (step) => {
      const sources = [...of(step)];
      const most = Math.max(1, ...sources.map(([, origins]) => origins.length));
      return Array.from({ length: most }, (_, choice) =>
        Object.fromEntries(sources.map(([name, origins]) => [name, digestOf(origins[choice] ?? origins[0])])),
      );
    },
    materials: (step, digests) =>
      Object.fromEntries(
        [...of(step)].map(([name, origins]) => {
          const chosen = chosenOf(step, name, origins, digests);
          return [
            name,
            'packages' in chosen ? packageMaterials(chosen.packages) : materialsOf(chosen.origin),
          ];
        }),
      ),
    userFile: (path) => users.hash(path),
    checkUserFile: (path) => users.check(path),
    paths: once(async (step, digests, options) => {
      const paths: Record<string, string> = {};
      for (const [name, origins] of of(step)) {
        const chosen = chosenOf(step, name, origins, digests);
        const context = contextOf(store, step, name, options);
        paths[name] =
          'packages' in chosen
            ? await ensurePackageFolder(chosen.packages, context)
            : await ensureSourceTree(chosen.origin, context);
      }
      return paths;
    }),
    files: async (step, digests, options) => {
      const files: LockedFile[] = [];
      for (const [name, origins] of of(step)) {
        const chosen = chosenOf(step, name, origins, digests);
        const context = contextOf(store, step, name, options);
        if ('packages' in chosen) {
          await ensurePackages(chosen.packages, context);
          files.push(...chosen.packages.packages);
        } else if (chosen.origin.kind !== 'local') {
          await ensureFiles(chosen.origin, context);
          files.push(...chosen.origin.files);
        }
      }
      return files;
    },
  };
}

function chosenOf(
  step: PlannedStep,
  name: string,
  origins: readonly Pinned[],
  digests: Readonly<Record<string, Sha256>>,
): Pinned {
  const chosen = origins.find((origin) => digestOf(origin) === digests[name]);
  if (chosen === undefined)
    throw new Error(`no origin of ${step.name}'s source ${name} has the digest chosen`);
  return chosen;
}

function contextOf(store: Store, step: PlannedStep, name: string, options: FetchOptions): SourceContext {
  return {
    store,
    root: step.recipe.root,
    signal: options.signal,
    offline: options.offline,
    relock: `cidermill lock ${step.buildroot?.name ?? step.recipe.name}`,
    onProgress: (progress: FetchProgress) => options.onProgress(name, progress),
  };
}

/** A fetch that is asked for again, while it runs or after, is the same fetch. */
function once(fetch: StepSources['paths']): StepSources['paths'] {
  const begun = new Map<string, ReturnType<StepSources['paths']>>();
  return (step, digests, options) => {
    const name = `${step.name} ${canonicalJson(digests)}`;
    const fetching = begun.get(name) ?? fetch(step, digests, options);
    begun.set(name, fetching);
    return fetching;
  };
}

function pinStep(step: PlannedStep, pins: Pins, faults: Diagnostic[]): Map<string, readonly Pinned[]> {
  const sources = new Map<string, readonly Pinned[]>();
  for (const source of step.recipe.sources.values()) {
    const unlocked: Diagnostic[] = [];
    const origins = source.origins.flatMap(
      (origin) => pins.origin(step.recipe, source, origin, unlocked) ?? [],
    );
    // One origin is enough: not every machine reaches all of them when it locks.
    if (origins.length === 0) faults.push(...unlocked.slice(0, 1));
    sources.set(
      source.name,
      origins.map((origin) => ({ origin })),
    );
  }
  if (step.buildroot !== undefined) {
    const packages = pins.buildroot(step.buildroot, faults);
    sources.set('packages', packages === undefined ? [] : [{ packages }]);
  }
  return sources;
}

function digestOf(pinned: Pinned | undefined): Sha256 {
  if (pinned === undefined) throw new Error('a source without an origin passed validation');
  return 'packages' in pinned ? packagesDigest(pinned.packages) : sourceDigest(pinned.origin);
}
