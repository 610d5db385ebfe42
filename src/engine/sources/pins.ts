import { join } from 'node:path';
import { InvalidError, type Diagnostic, type Place, type Sha256 } from '../../base/index.ts';
import {
  choosingParameters,
  type Buildroot,
  type Origin,
  type PlannedStep,
  type Project,
  type Recipe,
  type Source,
} from '../../recipe/index.ts';
import type { ParameterValue } from '../../step/protocol.ts';
import type { Located } from '../../yaml/located.ts';
import { lockLocal } from '../../sources/local.ts';
import {
  lockedInstead,
  lookUpBuildroot,
  lookUpOrigin,
  originsOf,
  type Lockfile,
} from '../../sources/lock/lockfile.ts';
import { readLockfile } from '../../sources/lock/read.ts';
import { filesOf, type LockedBuildroot, type LockedOrigin } from '../../sources/locked.ts';
import { originText } from '../../sources/origin.ts';

/** Where every project, and cidermill itself, keeps its lockfile; relative to the root. */
export const lockFile = join('recipes', 'lock.yaml');

/** What the lockfiles pin: the project's own, then the one of the package the recipe comes with. */
export interface Pins {
  /**
   * The origin with what is locked of it; else undefined, and a fault that names the command that locks it.
   * @param values of the recipe's parameters, where they may choose another origin than their defaults do
   */
  origin(
    recipe: Recipe,
    source: Source,
    origin: Located<Origin>,
    faults: Diagnostic[],
    values?: PlannedStep['parameters'],
  ): LockedOrigin | undefined;
  /** All that the project's lockfile has of a source, whatever its parameters chose. */
  lockedAs(recipe: Recipe, source: Source): readonly LockedOrigin[];
  buildroot(buildroot: Buildroot, faults: Diagnostic[]): LockedBuildroot | undefined;
  /** The digest of every file that is pinned. */
  everything(): Sha256[];
}

/** @throws InvalidError when a lockfile cannot be read */
export function openPins(project: Project): Pins {
  const own = openLock(project.root, lockFile, lockFile);
  let builtin: Lockfile | undefined;
  /** The package's own lockfile is long, and read only for what the project's lacks. */
  function* locks(): Generator<Lockfile> {
    yield own;
    if (project.builtin === project.root) return;
    yield (builtin ??= openLock(project.builtin, lockFile, join(project.builtin, lockFile)));
  }
  return {
    origin: (recipe, source, { value: origin, ...place }, faults, values = new Map()) => {
      if (origin.kind === 'local') return lockLocal(origin, recipe.root);
      const name = `${recipe.name}.${source.name}`;
      const locked = firstOf(locks(), (lock) => lookUpOrigin(lock, name, origin));
      if (locked === undefined) {
        const instead = [...locks()].flatMap((lock) => lockedInstead(lock, name));
        const target = [recipe.name, ...choosingParameters(recipe, source, values).map(setting)].join(' ');
        const fault = notLocked(place, `The source ${name}, ${originText(origin)},`, instead, target);
        faults.push({ ...fault, hint: `${fault.hint ?? ''} ${withoutOrigin(name, origin)}` });
      }
      return locked;
    },
    lockedAs: (recipe, source) => originsOf(own, `${recipe.name}.${source.name}`),
    buildroot: (buildroot, faults) => {
      const locked = firstOf(locks(), (lock) => lookUpBuildroot(lock, buildroot.name, buildroot));
      if (locked === undefined) {
        const instead = [...locks()].some((lock) => lock.buildroots.has(buildroot.name))
          ? ['another list of packages']
          : [];
        faults.push(notLocked(buildroot, `The buildroot ${buildroot.name}`, instead, buildroot.name));
      }
      return locked;
    },
    everything: () =>
      [...locks()].flatMap((lock) => [
        ...[...[...lock.sources.values()].flat(), ...lock.buildroots.values()]
          .flatMap(filesOf)
          .map(({ sha256 }) => sha256),
      ]),
  };
}

/** What a user can do where an origin cannot be reached. */
export function withoutOrigin(source: string, { instead }: Origin): string {
  const own = `run with a copy of your own: --source ${source}=FOLDER`;
  return `Where it cannot be reached, ${own}${instead === undefined ? '.' : `; or ${instead}.`}`;
}

/** @param name of the file for the user @throws InvalidError when it cannot be read */
export function openLock(root: string, file: string, name: string): Lockfile {
  const { lock, text, diagnostics } = readLockfile(join(root, file), name);
  if (diagnostics.length > 0) throw new InvalidError(diagnostics, new Map([[name, text]]));
  return lock;
}

/** A value that a shell would not take as one word is quoted. */
function setting([name, value]: readonly [string, ParameterValue]): string {
  const text = String(value);
  return `--set ${name}=${/^[\w.:+~@/-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`}`;
}

function firstOf<T>(locks: Iterable<Lockfile>, look: (lock: Lockfile) => T | undefined): T | undefined {
  for (const lock of locks) {
    const found = look(lock);
    if (found !== undefined) return found;
  }
  return undefined;
}

function notLocked(
  { file, span }: Place,
  what: string,
  instead: readonly string[],
  target: string,
): Diagnostic {
  const state = instead.length === 0 ? 'is not locked' : `is not what is locked (${instead.join(', ')})`;
  const hint = `Run \`cidermill lock ${target}\` to pin it in ${lockFile}.`;
  return { code: 'not-locked', message: `${what} ${state}.`, hint, file, span };
}
