import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSha256, type Sha256 } from '../base/index.ts';
import {
  blobPath,
  projectName,
  readBlob,
  readEntry,
  readSummed,
  withSum,
  writeWhole,
  type Action,
  type Store,
} from '../store/index.ts';

/** The newest thing that happened to a step of a pipeline in a project: what `plan` compares with and `log` shows. */
export type StepRecord = {
  readonly step: string;
  readonly key: Sha256;
  readonly action: Action;
  readonly outcome: 'done' | 'cached' | 'failed';
  /** Absolute path of the log of the run that made it, for steps that were executed. */
  readonly log?: string;
  /** Milliseconds since the epoch. */
  readonly time: number;
};

/** Where the records of a pipeline lie: per checkout, since several may share a store. */
export interface History {
  readonly store: Store;
  readonly folder: string;
}

export function openHistory(store: Store, projectRoot: string, pipeline: string): History {
  return { store, folder: join(store.root, 'history', projectName(projectRoot), pipeline) };
}

export function readRecord(history: History, step: string): StepRecord | undefined {
  return readRecordFile(join(history.folder, `${step}.json`));
}

/** A record as it lies in a file; undefined for one that is not there, or damaged. */
export function readRecordFile(path: string): StepRecord | undefined {
  try {
    // A record from before sums has none.
    const record = readSummed(readFileSync(path, 'utf8'), 'allow') as StepRecord | undefined;
    return record !== undefined && isSha256(record.key) && typeof record.action.sources === 'object'
      ? record
      : undefined;
  } catch {
    return undefined;
  }
}

export async function writeRecord(history: History, record: StepRecord): Promise<void> {
  await writeWhole(
    history.store,
    join(history.folder, `${record.step}.json`),
    withSum(JSON.stringify(record)),
  );
}

/**
 * Where the log of a step's newest run lies: its own, or for one from the cache that of the run that made it.
 * @throws DamagedBlob when the store's copy is damaged or gone
 */
export function findLog(
  store: Store,
  projectRoot: string,
  pipeline: string,
  step: string,
): string | undefined {
  const record = readRecord(openHistory(store, projectRoot, pipeline), step);
  if (record === undefined) return undefined;
  if (record.log !== undefined && existsSync(record.log)) return record.log;
  const result = readEntry(store, record.key);
  if (result === undefined) return undefined;
  readBlob(store, result.log);
  return blobPath(store, result.log);
}
