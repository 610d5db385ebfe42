import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Sha256 } from '../base/index.ts';
import type { Project } from '../recipe/index.ts';
import {
  actionPath,
  collectGarbage,
  wholeResults,
  type GcReport,
  type Output,
  type Store,
} from '../store/index.ts';
import type { StepRecord } from './history.ts';
import { openPins } from './sources/pins.ts';

export interface ArtifactLine {
  readonly key: Sha256;
  readonly script: string;
  /** Bytes of its outputs; of a directory's listing alone. */
  readonly size: number;
  /** When a run last asked for it, to the day. */
  readonly used: Date;
}

/** What the action cache holds, the most recently used first. */
export function listArtifacts(store: Store): ArtifactLine[] {
  return wholeResults(store)
    .map((result) => ({
      key: result.key,
      script: result.action.script,
      size: Object.values(result.outputs).reduce((sum, output: Output) => sum + output.size, 0),
      used: statSync(actionPath(store, result.key)).mtime,
    }))
    .sort((a, b) => b.used.getTime() - a.used.getTime());
}

/**
 * Makes room in a store: what the project's lockfiles pin and what the newest run of each step used stays; of the rest
 * as much as the budget holds.
 */
export async function gcStore(store: Store, project: Project, budget: number): Promise<GcReport> {
  const records = newestRecords(store);
  const pinned = openPins(project).everything();
  const sources = records.flatMap(({ action }) => Object.values(action.sources));
  return collectGarbage(
    store,
    { keys: new Set(records.map(({ key }) => key)), blobs: new Set(pinned), trees: new Set(sources) },
    budget,
  );
}

/** The newest record of every step of every pipeline of every checkout that uses the store. */
function newestRecords(store: Store): StepRecord[] {
  const history = join(store.root, 'history');
  return folders(history).flatMap((checkout) =>
    folders(checkout).flatMap((pipeline) =>
      readdirSync(pipeline).map(
        (name) => JSON.parse(readFileSync(join(pipeline, name), 'utf8')) as StepRecord,
      ),
    ),
  );
}

function folders(path: string): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(path, entry.name));
}
