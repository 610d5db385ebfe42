import { join } from 'node:path';
import { Failure, sha256 } from '../base/index.ts';
import type { Buildroot, Located, Origin, Project, Recipe } from '../recipe/index.ts';
import {
  lockOrigin,
  originKey,
  resolveBuildroot,
  updateLock,
  type FetchProgress,
  type LockedBuildroot,
  type LockedOrigin,
} from '../sources/index.ts';
import { openSession, withLock, type Store } from '../store/index.ts';
import { lockFile, openPins, withoutOrigin } from './pins.ts';

export interface LockOptions {
  readonly store: Store;
  readonly project: Project;
  readonly recipes: readonly Recipe[];
  readonly buildroots: readonly Buildroot[];
  /** Also what is locked already: another revision may have replaced it. */
  readonly again: boolean;
  readonly signal: AbortSignal;
  readonly onLocked: (name: string, what: string) => void;
  readonly onProgress: (name: string, progress: FetchProgress) => void;
}

/**
 * Pins the sources of recipes and the packages of buildroots in the project's lockfile.
 * @returns whether the lockfile is another now
 */
export async function lockPlan(options: LockOptions): Promise<boolean> {
  const { store, project } = options;
  const session = await openSession(store);
  try {
    const sources: Record<string, LockedOrigin[]> = {};
    const failures: Failure[] = [];
    for (const recipe of options.recipes) {
      for (const [name, locked] of Object.entries(await lockRecipe(recipe, options, failures)))
        sources[name] = distinct([...(sources[name] ?? []), ...locked]);
    }
    const buildroots: Record<string, LockedBuildroot> = {};
    for (const buildroot of options.buildroots) {
      if (!options.again && openPins(project).buildroot(buildroot, []) !== undefined) continue;
      const locked = await resolveBuildroot(buildroot, contextOf(options, project.root, buildroot.name));
      buildroots[buildroot.name] = locked;
      options.onLocked(buildroot.name, `${locked.packages.length} packages of ${locked.suite}`);
    }
    // Another `cidermill lock` may be at work: reading, merging and writing the file are one act.
    const guard = join(store.root, 'locks', `lockfile-${sha256(project.root).slice(0, 16)}`);
    const update = (): boolean => updateLock(join(project.root, lockFile), lockFile, { sources, buildroots });
    const [failure] = failures;
    const none = Object.keys(sources).length + Object.keys(buildroots).length === 0;
    if (failure !== undefined && none) throw failure;
    const changed = await withLock(guard, () => Promise.resolve(update()));
    if (failure !== undefined) throw failure;
    return changed;
  } finally {
    await session.release();
  }
}

/** The sources of a recipe that are to be pinned, with all of their origins; those that parameters choose beside others. */
async function lockRecipe(
  recipe: Recipe,
  options: LockOptions,
  failures: Failure[],
): Promise<Record<string, LockedOrigin[]>> {
  const pins = openPins(options.project);
  const locked: Record<string, LockedOrigin[]> = {};
  for (const source of recipe.sources.values()) {
    const outside = source.origins.filter(({ value }) => value.kind !== 'local');
    const known = outside.some((origin) => pins.origin(recipe, source, origin, []) !== undefined);
    if (outside.length === 0 || (known && !options.again)) continue;
    const name = `${recipe.name}.${source.name}`;
    const others = source.template === undefined ? [] : pins.lockedAs(recipe, source);
    try {
      locked[name] = distinct([...(await lockOrigins(name, outside, recipe, options)), ...others]);
    } catch (error) {
      // What one server does not give is no reason to leave the rest unlocked.
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
    }
  }
  return locked;
}

/** Pins every origin that can be reached; one of them is enough. @throws Failure of the first one when none can */
async function lockOrigins(
  name: string,
  origins: readonly Located<Origin>[],
  recipe: Recipe,
  options: LockOptions,
): Promise<LockedOrigin[]> {
  const locked: LockedOrigin[] = [];
  const failures: Failure[] = [];
  for (const { value: origin } of origins) {
    try {
      const one = await lockOrigin(origin, contextOf(options, recipe.root, name));
      locked.push(one);
      if (one.kind !== 'local')
        for (const { file, size } of one.files) options.onLocked(name, `${file}, ${size} bytes`);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
    }
  }
  const [first] = failures;
  if (locked.length === 0 && first !== undefined) {
    const hint = origins[0] && withoutOrigin(name, origins[0].value);
    throw first.hint === undefined ? new Failure(first.code, first.message, { hint, cause: first }) : first;
  }
  for (const failure of failures) options.onLocked(name, `one origin left out: ${failure.message}`);
  return locked;
}

/** The first of each origin. */
function distinct(origins: readonly LockedOrigin[]): LockedOrigin[] {
  const keys = origins.map(({ origin }) => originKey(origin));
  return origins.filter((_, index) => keys.indexOf(keys[index] ?? '') === index);
}

function contextOf(options: LockOptions, root: string, name: string) {
  const { store, signal } = options;
  return { store, root, signal, onProgress: (progress: FetchProgress) => options.onProgress(name, progress) };
}
