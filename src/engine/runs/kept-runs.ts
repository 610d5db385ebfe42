import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../../base/index.ts';
import { readEntry, type Store } from '../../store/index.ts';
import { mostDays, mostFiles, mostRuns } from './limits.ts';
import { largestRun, parseRun, type RunFile, type StepMade } from './run-file.ts';

const ending = '.ndjson';
/** Older IDs have no milliseconds. */
const idPattern = /^\d{8}T\d{6}(\d{3})?-[0-9a-f]{4}$/;

export function runFile(store: Store, id: string): string {
  return join(runsFolder(store), `${id}${ending}`);
}

export function runsFolder(store: Store): string {
  return join(store.root, 'history', 'runs');
}

/** The IDs of all runs that are kept, the newest first. */
export function keptRuns(store: Store): string[] {
  try {
    return readdirSync(runsFolder(store))
      .filter((name) => name.endsWith(ending))
      .map((name) => name.slice(0, -ending.length))
      .filter((id) => idPattern.test(id))
      .sort()
      .reverse();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** A run of the history. @throws Failure 'bad-run' */
export function readKeptRun(store: Store, id: string): RunFile {
  return withMade(store, readRunFile(runFile(store, id), `the run ${id}`));
}

/**
 * A run by its ID, by the beginning of its ID when there is only one such, by a file, or the newest.
 * @param named undefined for the newest of a project
 * @throws Failure 'not-found', 'bad-run'
 */
export function findRun(store: Store, named: string | undefined, project: string): RunFile {
  const ids = keptRuns(store);
  if (named === undefined) {
    for (const id of ids) {
      const run = readKeptRun(store, id);
      if (run.header.project === project) return run;
    }
    throw new Failure('not-found', 'no run of this project is kept', {
      hint: 'Runs are kept from the first `cidermill run` on.',
    });
  }
  const [only, another] = ids.filter((id) => id.startsWith(named));
  if (only !== undefined && (another === undefined || only === named)) return readKeptRun(store, only);
  if (another !== undefined)
    throw new Failure('not-found', `more than one run begins with ${named}`, {
      hint: `Two of them: ${only ?? ''} and ${another}.`,
    });
  if (statSync(named, { throwIfNoEntry: false })?.isFile() === true)
    return withMade(store, readRunFile(named, named));
  throw new Failure('not-found', `there is no run and no file ${named}`, {
    hint: '`cidermill runs` lists the runs that are kept.',
  });
}

function readRunFile(path: string, name: string): RunFile {
  const { size } = statSync(path);
  if (size > largestRun)
    throw new Failure('bad-run', `${name} has ${size} bytes; a run has ${largestRun} at the most`);
  return parseRun(readFileSync(path, 'utf8'), name);
}

/** Completes what a run was made from by what the store still knows. */
function withMade(store: Store, run: RunFile): RunFile {
  const made = new Map(run.made);
  for (const event of run.events) {
    if (event.type !== 'step-cached' || made.has(event.step)) continue;
    const entry = readEntry(store, event.key);
    if (entry === undefined) continue;
    const { key, action, materials, duration } = entry;
    made.set(event.step, {
      type: 'step-made',
      step: event.step,
      key,
      action,
      materials,
      duration,
    } satisfies StepMade);
  }
  return { ...run, made };
}

/** A run as a file that says all by itself. */
export function writeRun({ header, events, made }: RunFile): string {
  return [header, ...events, ...made.values()].map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** Removes the runs that are too many or too old. */
export function dropOldRuns(store: Store, now = Date.now()): void {
  const ids = keptRuns(store);
  const isOld = (id: string): boolean => now - timeOf(id) > mostDays * 86_400_000;
  const many = ids.length > mostFiles ? ids.slice(mostRuns) : [];
  for (const id of new Set([...many, ...ids.filter(isOld)])) rmSync(runFile(store, id), { force: true });
}

function timeOf(id: string): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)/.exec(id) ?? [];
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
