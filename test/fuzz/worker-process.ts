import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Job, Report } from './protocol.ts';

/** A case that takes more of the processor does not end: a sound one takes milliseconds. In seconds. */
const deadline = 30;
/** One that waits for something waits for ever. In milliseconds; the machine may be busy. */
const patience = 600_000;
const lookEvery = 1000;
/** proc(5): times are in ticks, 100 a second on Linux. */
const ticks = 100;

export interface FuzzWorker {
  /** Runs a job to its end, or to the case that kills the process or has to be killed. */
  run(job: Job, onFault: (index: number, what: string) => void): Promise<Ended>;
  end(): void;
}

export interface Ended {
  readonly alive: boolean;
  /** The case to go on with. */
  readonly next: number;
  readonly results: number;
  readonly refusals: number;
  readonly peak: number;
}

/** @param noted the file in which it notes the case that it is at */
export function startWorker(noted: string): FuzzWorker {
  const child = fork(join(import.meta.dirname, 'worker.ts'), {
    execArgv: ['--import', 'tsx', '--max-old-space-size=512'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    serialization: 'advanced',
  });
  let ready = false;
  child.once('message', () => (ready = true));
  const at = (): number => Number(readFileSync(noted).readBigUInt64LE(0));
  return {
    end: () => child.kill('SIGKILL'),
    run: (job, onFault) =>
      new Promise((resolve) => {
        let killed = 'the process ended';
        let [seen, since, used] = [-1, performance.now(), 0];
        let faults = 0;
        const timer = setInterval(() => {
          const index = at();
          const now = processorSeconds(child.pid ?? 0);
          if (index !== seen || !ready) [seen, since, used] = [index, performance.now(), now];
          else if (now - used > deadline || performance.now() - since > patience) {
            killed = `not done after ${Math.round(now - used)} s of the processor`;
            child.kill('SIGKILL');
          }
        }, lookEvery);
        const end = (ended: Ended): void => {
          clearInterval(timer);
          child.off('message', take);
          child.off('exit', gone);
          resolve(ended);
        };
        const gone = (): void => {
          const index = Math.max(at(), job.from);
          onFault(index, killed);
          // How many of those before were results died with it.
          end({ alive: false, next: index + 1, results: 0, refusals: index - job.from - faults, peak: 0 });
        };
        const take = (report: Report): void => {
          if (report.kind === 'ready') return;
          if (report.kind === 'end') end({ alive: true, ...report });
          else {
            faults++;
            onFault(report.index, report.what);
          }
        };
        child.on('message', take);
        child.on('exit', gone);
        child.send(job);
      }),
  };
}

function processorSeconds(pid: number): number {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / ticks;
  } catch {
    return 0; // It has just ended.
  }
}
