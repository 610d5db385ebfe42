import { join } from 'node:path';
import { Failure, sha256 } from '../../base/index.ts';
import { loadSettings, type Buildroot, type Origin, type Project, type Recipe } from '../../recipe/index.ts';
import type { Located } from '../../yaml/located.ts';
import {
  changesBetween,
  filesOf,
  keepBuildroot,
  lockOrigin,
  originKey,
  resolveBuildroot,
  updateLock,
  whereabouts,
  type FetchProgress,
  type LockedBuildroot,
  type LockedOrigin,
} from '../../sources/index.ts';
import { openSession, withLock, type Store } from '../../store/index.ts';
import { pinnedOf } from './check-lock.ts';
import { lockFile, openPins, withoutOrigin } from './pins.ts';

export interface LockOptions {
  readonly store: Store;
  readonly project: Project;
  readonly recipes: readonly Recipe[];
  readonly buildroots: readonly Buildroot[];
  /** Also what is locked already: another revision may have replaced it. */
  readonly again: boolean;
  /** Of what is locked only what no archive has any more. */
  readonly keep: boolean;
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
    const vanished = options.keep ? await vanishedOf(options) : undefined;
    for (const recipe of options.recipes) await lockRecipe(recipe, options, sources, failures, vanished);
    const buildroots: Record<string, LockedBuildroot> = {};
    for (const buildroot of options.buildroots) {
      const before = openPins(project).buildroot(buildroot, []);
      if (vanished !== undefined && before !== undefined) {
        const gone = vanished.get(buildroot.name);
        if (gone === undefined) continue;
        const kept = await keepBuildroot(before, gone, contextOf(options, project.root, buildroot.name));
        buildroots[buildroot.name] = kept;
        for (const change of changesBetween(before, kept)) options.onLocked(buildroot.name, change);
        continue;
      }
      if (!options.again && before !== undefined) continue;
      const locked = await resolveBuildroot(buildroot, contextOf(options, project.root, buildroot.name));
      buildroots[buildroot.name] = locked;
      options.onLocked(buildroot.name, `${locked.packages.length} packages of ${locked.suite}`);
    }
    // Another `cidermill lock` may be at work: reading, merging and writing the file are one act.
    const guard = join(store.root, 'locks', `lockfile-${sha256(project.root).slice(0, 16)}`);
    const update = (): boolean => updateLock(join(project.root, lockFile), lockFile, { sources, buildroots });
    const none = Object.keys(sources).length + Object.keys(buildroots).length === 0;
    const changed = !none && (await withLock(guard, () => Promise.resolve(update())));
    if (failures.length > 0) throw joined(failures);
    return changed;
  } finally {
    await session.release();
  }
}

/** The digests of pinned files that no archive has any more, by the name of their entry; without those that lost none. */
async function vanishedOf(options: LockOptions): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const vanished = new Map<string, Set<string>>();
  for (const [entry, pinned] of pinnedOf(options)) {
    if (pinned.kind !== 'packages' && pinned.kind !== 'debian') continue;
    const where = await whereabouts(filesOf(pinned), pinned.at, contextOf(options, '', entry));
    const gone = [...where].flatMap(([digest, found]) => (found === 'vanished' ? [digest] : []));
    if (gone.length > 0) vanished.set(entry, new Set([...(vanished.get(entry) ?? []), ...gone]));
  }
  return vanished;
}

/** Pins the sources of a recipe, with all of their origins, into `sources`; those that parameters choose beside others. */
async function lockRecipe(
  recipe: Recipe,
  options: LockOptions,
  sources: Record<string, LockedOrigin[]>,
  failures: Failure[],
  vanished: ReadonlyMap<string, ReadonlySet<string>> | undefined,
): Promise<void> {
  const pins = openPins(options.project);
  for (const source of recipe.sources.values()) {
    const outside = source.origins.filter(({ value }) => value.kind !== 'local');
    const known = outside.some((origin) => pins.origin(recipe, source, origin, []) !== undefined);
    const name = `${recipe.name}.${source.name}`;
    const gone = vanished?.get(name);
    const isKept = vanished === undefined ? !options.again : gone === undefined;
    if (outside.length === 0 || (known && isKept)) continue;
    const pinned = sources[name] ?? pins.lockedAs(recipe, source);
    if (gone !== undefined && pinned.length > 0) {
      sources[name] = await keepOrigins(name, pinned, gone, recipe, options, failures);
      continue;
    }
    const others = sources[name] ?? (source.template === undefined ? [] : pins.lockedAs(recipe, source));
    try {
      sources[name] = inPlace(others, await lockOrigins(name, outside, recipe, options));
    } catch (error) {
      // What one server does not give is no reason to leave the rest unlocked.
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
    }
  }
}

/** Pins again the origins of a source that lost a file, and leaves the others as they are, reached or not. */
async function keepOrigins(
  name: string,
  pinned: readonly LockedOrigin[],
  gone: ReadonlySet<string>,
  recipe: Recipe,
  options: LockOptions,
  failures: Failure[],
): Promise<LockedOrigin[]> {
  const kept: LockedOrigin[] = [];
  for (const one of pinned) {
    const lost = filesOf(one).some(({ sha256: digest }) => gone.has(digest));
    try {
      const now = lost ? await lockOrigin(one.origin, contextOf(options, recipe.root, name)) : one;
      kept.push(now);
      if (lost) for (const { file, size } of filesOf(now)) options.onLocked(name, `${file}, ${size} bytes`);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      failures.push(error);
      kept.push(one);
    }
  }
  return kept;
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
  for (const failure of failures) options.onLocked(name, `one origin was left out: ${failure.message}`);
  return locked;
}

/** Origins that were there stay where they are, as they are found now; new ones follow. */
function inPlace(before: readonly LockedOrigin[], found: readonly LockedOrigin[]): LockedOrigin[] {
  const origins = new Map([...before, ...found].map((each) => [originKey(each.origin), each]));
  return [...origins.values()];
}

/** All of them as one. */
function joined(failures: readonly Failure[]): Failure {
  const [first] = failures as [Failure, ...Failure[]];
  if (failures.length === 1) return first;
  const hints = [...new Set(failures.flatMap(({ hint }) => hint ?? []))];
  return new Failure(first.code, failures.map(({ message }) => message).join('\n'), {
    hint: hints.length > 0 ? hints.join('\n') : undefined,
    temporary: failures.some(({ temporary }) => temporary),
    cause: first,
  });
}

function contextOf(options: LockOptions, root: string, name: string) {
  const { store, signal, project } = options;
  const { mirrors } = loadSettings(project.root);
  return {
    store,
    root,
    signal,
    mirrors,
    onProgress: (progress: FetchProgress) => options.onProgress(name, progress),
  };
}
