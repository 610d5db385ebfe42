import { fork, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { caseBytes, placesOf } from './case.ts';
import type { Job, Report } from './protocol.ts';
import { readSeeds } from './seeds.ts';
import type { TargetName } from './targets.ts';

export interface FuzzOptions {
  /** How many cases in all, spread evenly over seeds and readers. */
  readonly cases: number;
  readonly seed: number;
  /** The first case of each; to see one again. */
  readonly from?: number;
  /** Only those whose "seed target" has this in it. */
  readonly only?: string;
  /** Processes at once. */
  readonly processes?: number;
  /** Where the bytes of cases that fail are put. */
  readonly failures: string;
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

/** A case that takes longer does not end: a sound one takes milliseconds. */
const deadline = 30_000;
const mostMemory = 2 ** 30;

/** Gives every reader mutated inputs and collects what is neither a result nor a FormatError or Failure. */
export async function fuzz(options: FuzzOptions): Promise<FuzzResult> {
  const folder = mkdtempSync(join(tmpdir(), 'cidermill-fuzz-'));
  try {
    const jobs = await plan(options, folder);
    const sum = { cases: 0, results: 0, refusals: 0, peak: 0, faults: [] as FuzzFault[] };
    const next = (): Job | undefined => jobs.shift();
    const runs = Array.from({ length: options.processes ?? 2 }, () => runJobs(next, sum, options));
    await Promise.all(runs);
    return sum;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function plan({ cases, seed, from = 0, only = '' }: FuzzOptions, folder: string): Promise<Job[]> {
  const pairs: { name: string; file: string; target: TargetName }[] = [];
  for (const [index, { name, bytes, targets }] of (await readSeeds()).entries()) {
    const file = join(folder, String(index));
    writeFileSync(file, bytes);
    for (const target of targets) if (`${name} ${target}`.includes(only)) pairs.push({ name, file, target });
  }
  const each = Math.ceil(cases / pairs.length);
  return pairs.map((pair) => ({ ...pair, seed, from, to: from + each }));
}

type Sum = { cases: number; results: number; refusals: number; peak: number; faults: FuzzFault[] };

async function runJobs(next: () => Job | undefined, sum: Sum, options: FuzzOptions): Promise<void> {
  let child: ChildProcess | undefined;
  try {
    for (let job = next(); job !== undefined; job = next()) {
      const before = sum.faults.length;
      for (let from = job.from; from < job.to;) {
        child ??= start();
        const ended = await runJob(child, { ...job, from }, (index, what) =>
          sum.faults.push(keep({ ...job }, index, what, options.failures)),
        );
        sum.results += ended.results;
        sum.refusals += ended.refusals;
        sum.peak = Math.max(sum.peak, ended.peak);
        if (!ended.alive) child = undefined;
        from = ended.next;
      }
      sum.cases += job.to - job.from;
      const faults = sum.faults.length - before;
      options.onJob?.(`${job.target.padEnd(10)} ${job.name}: ${job.to - job.from} cases, ${faults} faults`);
    }
  } finally {
    child?.kill('SIGKILL');
  }
}

function start(): ChildProcess {
  return fork(join(import.meta.dirname, 'worker.ts'), {
    execArgv: ['--import', 'tsx', '--max-old-space-size=512'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

interface Ended {
  readonly alive: boolean;
  /** The case to go on with. */
  readonly next: number;
  readonly results: number;
  readonly refusals: number;
  readonly peak: number;
}

/** Runs a job to its end, or to the case that kills the process or has to be killed. */
function runJob(
  child: ChildProcess,
  job: Job,
  onFault: (index: number, what: string) => void,
): Promise<Ended> {
  return new Promise((resolve) => {
    let index = job.from;
    let killed = `the process ended`;
    const kill = (): void => {
      killed = `not done after ${deadline / 1000} s`;
      child.kill('SIGKILL');
    };
    let timer = setTimeout(kill, deadline);
    const end = (ended: Ended): void => {
      clearTimeout(timer);
      child.off('message', take);
      child.off('exit', gone);
      resolve(ended);
    };
    const gone = (): void => {
      onFault(index, killed);
      end({ alive: false, next: index + 1, results: 0, refusals: index - job.from, peak: 0 });
    };
    const take = (report: Report): void => {
      if (report.kind === 'begin') {
        ({ index } = report);
        clearTimeout(timer);
        timer = setTimeout(kill, deadline);
      } else if (report.kind === 'fault') onFault(report.index, report.what);
      else {
        if (report.peak > mostMemory)
          onFault(index, `${report.peak} bytes of memory, in this job or one before`);
        end({ alive: true, next: job.to, ...report });
      }
    };
    child.on('message', take);
    child.on('exit', gone);
    child.send(job);
  });
}

/** Puts the bytes of a case into a file that can be looked at. */
function keep(job: Job, index: number, what: string, failures: string): FuzzFault {
  mkdirSync(failures, { recursive: true });
  const file = join(failures, `${job.target}-${job.name.replace(/[^\w.-]+/g, '_')}-${job.seed}-${index}`);
  const original = readFileSync(job.file);
  writeFileSync(file, caseBytes(job, index, original, placesOf(original)));
  return { job, index, what, file };
}
