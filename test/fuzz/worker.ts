import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { inspect } from 'node:util';
import { Failure, FormatError, InvalidError } from '../../src/base/index.ts';
import { guardAllocations } from './allocations.ts';
import { Cases } from './case.ts';
import type { Job, Report } from './protocol.ts';
import { targets } from './targets.ts';

/* A process of the fuzz run: jobs in, reports out. Whatever it does to itself, the one that started it goes on. */

guardAllocations();

function say(report: Report): void {
  process.send?.(report);
}

async function work(job: Job): Promise<void> {
  const cases = new Cases(job, readFileSync(job.file));
  const note = openSync(job.noted, 'r+');
  const number = Buffer.alloc(8);
  const end = performance.now() + job.milliseconds;
  let [results, refusals, index] = [0, 0, job.from];
  for (; index < job.to && performance.now() < end; index++) {
    number.writeBigUInt64LE(BigInt(index));
    writeSync(note, number, 0, 8, 0);
    try {
      await targets[job.target](cases.at(index));
      results++;
    } catch (error) {
      if (error instanceof FormatError || error instanceof Failure || error instanceof InvalidError)
        refusals++;
      else say({ kind: 'fault', index, what: inspect(error, { depth: 2 }) });
    }
  }
  closeSync(note);
  say({ kind: 'end', next: index, results, refusals, peak: process.resourceUsage().maxRSS * 1024 });
}

say({ kind: 'ready' });
process.on('message', (job: Job) => void work(job));
