import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { InvalidError, temporaryBeside } from '../../base/index.ts';
import type { LockedBuildroot, LockedOrigin } from '../locked.ts';
import { parseLockfile, readLockfile } from './read.ts';
import { headOf, renderLockfile } from './render.ts';

/** What `cidermill lock` found. */
export interface LockChanges {
  /** "RECIPE.SOURCE" → its origins in the recipe's order; `local` ones need no lock and are left out. */
  readonly sources?: Readonly<Record<string, readonly LockedOrigin[]>>;
  readonly buildroots?: Readonly<Record<string, LockedBuildroot>>;
  /** Names of either kind that no recipe has any more. */
  readonly removed?: readonly string[];
}

/**
 * Merges changes into the lockfile and writes it by rename; the entries not named stay as they are.
 * @param head the comment lines of a new file; else the usual ones
 * @returns whether the file is another now
 * @throws InvalidError when the file that is there cannot be read
 */
export function updateLock(path: string, file: string, changes: LockChanges, head?: string): boolean {
  const { text, diagnostics } = readLockfile(path, file);
  if (diagnostics.length > 0) throw new InvalidError(diagnostics, new Map([[file, text]]));
  const merged = mergeLock(text === '' && head !== undefined ? head : text, changes);
  if (merged === text) return false;
  mkdirSync(dirname(path), { recursive: true });
  const work = temporaryBeside(path, 'partial');
  try {
    const fd = openSync(work, 'wx');
    writeSync(fd, merged);
    fsyncSync(fd);
    closeSync(fd);
    renameSync(work, path);
  } finally {
    rmSync(work, { force: true });
  }
  return true;
}

/** The text of a lockfile after changes. One that is not of the form that this version writes is laid out anew. */
export function mergeLock(
  text: string,
  { sources = {}, buildroots = {}, removed = [] }: LockChanges,
): string {
  const { lock } = parseLockfile(text, '');
  const merge = <T>(before: ReadonlyMap<string, T>, changed: Readonly<Record<string, T>>): Map<string, T> => {
    const entries = new Map([...before].filter(([name]) => !removed.includes(name)));
    for (const [name, value] of Object.entries(changed)) entries.set(name, value);
    return entries;
  };
  return renderLockfile(
    { sources: merge(lock.sources, sources), buildroots: merge(lock.buildroots, buildroots) },
    headOf(text),
  );
}
