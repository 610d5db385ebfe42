import { memoryOf, writeMemory } from './memory.ts';
import type { Watched } from './watch.ts';

interface Watching {
  readonly folder: string;
  /** As it was when the process began. */
  readonly file: string;
  readonly end: () => Watched | undefined;
}

let watching: Watching | undefined;

/** Told by the start of the process, when it began to watch. */
export function setWatching(given: Watching): void {
  watching = given;
}

/**
 * Remembers that this run had nothing to do: the same command line prints the same again, at once, for as long as nothing
 * that the run looked at is different. A run that was not watched, or did more than look, is not remembered.
 *
 * @param took how long it took, as the last line that names it has it
 * @param kept the file that the run is kept in; undefined where none is kept
 */
export function rememberUpToDate(took: string, kept: string | undefined): void {
  const watched = watching?.end();
  if (watching === undefined || watched === undefined) return;
  writeMemory(watching.folder, watching.file, memoryOf(watched, took, kept));
  watching = undefined;
}
