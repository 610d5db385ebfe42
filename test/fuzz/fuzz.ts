import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { caseBytes } from './case.ts';
import { casesOf, emptyProgress, tallyOf, type Progress } from './progress.ts';
import type { Job } from './protocol.ts';
import { readSeeds } from './seeds.ts';
import type { TargetName } from './targets.ts';
import { startWorker, type FuzzWorker } from './worker-process.ts';

export interface FuzzOptions {
  /** How many cases in all: the same number for each seed and reader, or as many as each can do in its turns. */
  readonly cases: number;
  readonly seed: number;
  /** How long each seed and reader has, before it is the next one's turn; without it all have the same number. */
  readonly turn?: number;
  /** The first case of each; to see one again. */
  readonly from?: number;
  /** How many cases of a reader are enough, those of earlier parts among them: the time goes to the others then. */
  readonly enough?: number;
  /** Only those whose "seed target" has this in it. */
  readonly only?: string;
  /** Processes at once. */
  readonly processes?: number;
  /** Where the bytes of cases that fail are put. */
  readonly failures: string;
  /** Where it goes on from; it is brought up to date. */
  readonly progress?: Progress;
  /** No turn begins after this is aborted. */
  readonly signal?: AbortSignal;
  readonly onJob?: (line: string) => void;
}

export interface FuzzFault {
  readonly job: Job;
  readonly index: number;
  readonly what: string;
  /** The file with the bytes. */
  readonly file: string;
}

export interface FuzzResult {
  readonly cases: number;
  readonly results: number;
  readonly refusals: number;
  readonly faults: readonly FuzzFault[];
  /** The most memory that one process had, in bytes. */
  readonly peak: number;
}

const mostMemory = 2 ** 30;

/** Readers of which a case takes milliseconds: their turns are shorter, so that the others come to more. */
const slow: ReadonlySet<TargetName> = new Set(['volume', 'check', 'extraction', 'edit', 'disk']);

/** Gives every reader mutated inputs and collects what is neither a result nor an error for the user. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const folder = mkdtempSync(join(tmpdir(), 'cidermill-fuzz-'));
  const sum = { cases: 0, results: 0, refusals: 0, peak: 0, faults: [] as FuzzFault[] };
  try {
    const next = turns(await pairs(options, folder), sum, options);
    const runs = Array.from({ length: options.processes ?? 2 }, (_, index) =>
      runJobs(next, sum, join(folder, `noted-${index}`), options),
    );
    await Promise.all(runs);
    return sum;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Pair = Pick<Job, 'name' | 'file' | 'target' | 'seed'>;

/** Every seed with every reader of it, the readers in turn. */
async function pairs({ only = '', seed }: FuzzOptions, folder: string): Promise<Pair[]> {
  const byTarget = new Map<TargetName, Pair[]>();
  for (const [index, { name, bytes, targets }] of (await readSeeds()).entries()) {
    const file = join(folder, String(index));
    writeFileSync(file, bytes);
    for (const target of targets) {
      if (!`${name} ${target}`.includes(only)) continue;
      byTarget.set(target, [...(byTarget.get(target) ?? []), { name, file, target, seed }]);
    }
  }
  const rows = [...byTarget.values()];
  const longest = Math.max(0, ...rows.map(({ length }) => length));
  return Array.from({ length: longest }, (_, index) => rows.flatMap((row) => row[index] ?? [])).flat();
}

type Sum = { cases: number; results: number; refusals: number; peak: number; faults: FuzzFault[] };

/** The jobs one after another: each pair once, or again and again until there were enough cases. */
function turns(
  all: readonly Pair[],
  sum: Sum,
  { cases, from, turn, enough = Infinity, progress = emptyProgress(0), signal }: FuzzOptions,
): () => Omit<Job, 'noted'> | undefined {
  const each = Math.ceil(cases / all.length);
  let index = 0;
  return () => {
    if (signal?.aborted === true || all.length === 0) return undefined;
    if (turn === undefined ? index >= all.length : sum.cases >= cases) return undefined;
    let pair = all[index++ % all.length] as Pair;
    for (let passed = 1; casesOf(progress, pair.target) >= enough; passed++) {
      if (passed === all.length) return undefined;
      pair = all[index++ % all.length] as Pair;
    }
    const start = from ?? tallyOf(progress, pair.target, pair.name).next;
    return turn === undefined
      ? { ...pair, from: start, to: start + each, milliseconds: Infinity }
      : { ...pair, from: start, to: Infinity, milliseconds: slow.has(pair.target) ? turn / 4 : turn };
  };
}

async function runJobs(
  next: () => Omit<Job, 'noted'> | undefined,
  sum: Sum,
  noted: string,
  { failures, progress = emptyProgress(0), onJob }: FuzzOptions,
): Promise<void> {
  let worker: FuzzWorker | undefined;
  writeFileSync(noted, Buffer.alloc(8));
  try {
    for (let job = next(); job !== undefined; job = next()) {
      const tally = tallyOf(progress, job.target, job.name);
      const before = sum.faults.length;
      const end = performance.now() + job.milliseconds;
      let { from } = job;
      do {
        worker ??= startWorker(noted);
        const part = { ...job, from, milliseconds: end - performance.now() };
        const keepFault = (index: number, what: string): void => {
          sum.faults.push(keep({ ...part, noted }, index, what, failures));
        };
        const ended = await worker.run({ ...part, noted }, keepFault);
        if (ended.peak > mostMemory) keepFault(from, `${ended.peak} bytes of memory, in this job or before`);
        if (!ended.alive || ended.peak > mostMemory) {
          worker.end();
          worker = undefined;
        }
        sum.results += ended.results;
        sum.refusals += ended.refusals;
        sum.peak = Math.max(sum.peak, ended.peak);
        tally.results += ended.results;
        tally.refusals += ended.refusals;
        from = ended.next;
      } while (from < job.to && performance.now() < end);
      const faults = sum.faults.length - before;
      sum.cases += from - job.from;
      tally.faults += faults;
      tally.next = Math.max(tally.next, from);
      onJob?.(`${job.target.padEnd(10)} ${job.name}: ${from - job.from} cases, ${faults} faults`);
    }
  } finally {
    worker?.end();
  }
}

/** Puts the bytes of a case into a file that can be looked at. */
function keep(job: Job, index: number, what: string, failures: string): FuzzFault {
  mkdirSync(failures, { recursive: true });
  const file = join(failures, `${job.target}-${job.name.replace(/[^\w.-]+/g, '_')}-${job.seed}-${index}`);
  writeFileSync(file, caseBytes(job, index, readFileSync(job.file)));
  return { job, index, what, file };
}
