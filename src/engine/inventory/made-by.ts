import type { Dirent } from 'node:fs';
import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Failure, type Sha256 } from '../../base/index.ts';
import type { Store } from '../../store/index.ts';
import { readRecordFile } from '../history.ts';
import { keptRuns, readKeptRun, runsFolder } from '../runs/kept-runs.ts';

/** Which step of which pipeline an artifact was made or used by, the newest first known. */
export interface MadeBy {
  readonly pipeline: string;
  readonly step: string;
}

/**
 * Names artifacts by what the store remembers: the newest record of each step, then the runs that are kept. One that
 * neither knows has no name.
 */
export function madeBy(store: Store, keys: readonly Sha256[]): Map<Sha256, MadeBy> {
  const missing = new Set<Sha256>(keys);
  const names = new Map<Sha256, MadeBy>();
  const take = (key: Sha256, by: MadeBy): void => {
    if (missing.delete(key)) names.set(key, by);
  };
  for (const { folder, pipeline } of pipelineFolders(store)) {
    for (const name of readdirSync(folder)) {
      const record = readRecordFile(join(folder, name));
      if (record !== undefined) take(record.key, { pipeline, step: record.step });
    }
  }
  for (const id of keptRuns(store)) {
    if (missing.size === 0) break;
    const run = readable(store, id);
    for (const event of run?.events ?? []) {
      if (event.type === 'step-done' || event.type === 'step-cached')
        take(event.key, { pipeline: run?.header.pipeline ?? '', step: event.step });
    }
  }
  return names;
}

/** A run that is damaged, or was dropped meanwhile, names nothing. */
function readable(store: Store, id: string): ReturnType<typeof readKeptRun> | undefined {
  try {
    return readKeptRun(store, id);
  } catch (error) {
    if (error instanceof Failure || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Every pipeline's folder of records, of all checkouts. */
function pipelineFolders(store: Store): { readonly folder: string; readonly pipeline: string }[] {
  const checkouts = folders(join(store.root, 'history')).filter((folder) => folder !== runsFolder(store));
  return checkouts.flatMap(folders).map((folder) => ({ folder, pipeline: basename(folder) }));
}

function folders(path: string): string[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(path, { withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(path, entry.name));
}
