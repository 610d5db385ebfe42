import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { Failure, InvalidError, type Sha256 } from '../../base/index.ts';
import { findProject, type Project } from '../../recipe/index.ts';
import {
  actionPath,
  collectGarbage,
  forgetProject,
  projectName,
  projectRecords,
  recordProject,
  removeFolder,
  wholeResults,
  type GcReport,
  type Output,
  type ProjectRecord,
  type Store,
} from '../../store/index.ts';
import { readRecordFile, type StepRecord } from '../history.ts';
import { madeBy } from './made-by.ts';
import { dropOldRuns, runsFolder } from '../runs/kept-runs.ts';
import { dropFailed } from '../step/keep-failed.ts';
import { lockFile, openPins } from '../sources/pins.ts';

export interface ArtifactLine {
  readonly key: Sha256;
  readonly script: string;
  /** Which made or used it last, where that is remembered. */
  readonly pipeline?: string;
  readonly step?: string;
  /** Bytes of its outputs; of a directory's listing alone. */
  readonly size: number;
  /** When a run last asked for it, to the day. */
  readonly used: Date;
}

/** What the action cache holds, the most recently used first. */
export function listArtifacts(store: Store): ArtifactLine[] {
  const results = wholeResults(store);
  const names = madeBy(
    store,
    results.map(({ key }) => key),
  );
  return results
    .map((result) => ({
      key: result.key,
      script: result.action.script,
      ...names.get(result.key),
      size: Object.values(result.outputs).reduce((sum, output: Output) => sum + output.size, 0),
      used: statSync(actionPath(store, result.key)).mtime,
    }))
    .sort((a, b) => b.used.getTime() - a.used.getTime());
}

/**
 * Makes room in a store: what the lockfiles of all projects that use it pin, and what the newest run of each of their
 * steps used, stays; of the rest as much as the budget holds. Projects that are gone are forgotten.
 * @throws Failure 'unreadable-project' when it is not known what one of them pins; 'store-in-use'; 'read-only-store'
 */
export async function gcStore(store: Store, project: Project, budget: number): Promise<GcReport> {
  recordProject(store, project);
  const { records: all, unreadable } = projectRecords(store);
  const present = all.filter(({ root, builtin }) => existsSync(root) && existsSync(builtin));
  // What a record that is damaged was about records itself again the next time it uses the store.
  const gone = all.filter((record) => !present.includes(record));
  for (const record of gone) await forgetProject(store, record);
  const history = newestRecords(store, new Set(present.map(({ root }) => projectName(root))));
  const pinned = present.flatMap((record) => pinsOf(record));
  const sources = history.flatMap(({ action }) => Object.values(action.sources));
  const report = await collectGarbage(
    store,
    { keys: new Set(history.map(({ key }) => key)), blobs: new Set(pinned), trees: new Set(sources) },
    budget,
  );
  dropOldRuns(store);
  await dropFailed(store);
  for (const name of unreadable) await removeFolder(join(store.root, 'projects', name));
  return report;
}

function pinsOf({ root, builtin }: ProjectRecord): Sha256[] {
  try {
    return openPins(findProject(root, builtin)).everything();
  } catch (error) {
    if (!(error instanceof InvalidError)) throw error;
    const [first] = error.diagnostics;
    throw new Failure(
      'unreadable-project',
      `what the project ${root} needs is not known: ${first?.message ?? ''}`,
      {
        hint: `Mend ${join(root, lockFile)}, or remove the project; then run it again.`,
      },
    );
  }
}

/** Days after which the history of a project that was never recorded is taken for that of one that is gone. */
const historyDays = 30;

/** The newest record of every step of every pipeline of the projects that use the store. */
function newestRecords(store: Store, projects: ReadonlySet<string>): StepRecord[] {
  const history = join(store.root, 'history');
  const checkouts = folders(history).filter((folder) => folder !== runsFolder(store));
  return checkouts.flatMap((checkout) => {
    const records = folders(checkout).flatMap((pipeline) =>
      // A record that is damaged is as good as gone.
      readdirSync(pipeline).flatMap((name) => readRecordFile(join(pipeline, name)) ?? []),
    );
    const newest = Math.max(0, ...records.map(({ time }) => time));
    const isKept = projects.has(basename(checkout)) || Date.now() - newest < historyDays * 86_400_000;
    return isKept ? records : [];
  });
}

function folders(path: string): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(path, entry.name));
}
