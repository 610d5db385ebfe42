import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { Failure, FormatError } from '../../src/base/index.ts';
import { guardAllocations } from './allocations.ts';
import { caseBytes, placesOf } from './case.ts';
import type { Job, Report } from './protocol.ts';
import { targets } from './targets.ts';

/* A process of the fuzz run: jobs in, reports out. Whatever it does to itself, the one that started it goes on. */

guardAllocations();

function say(report: Report): void {
  process.send?.(report);
}

async function work(job: Job): Promise<void> {
  const original = readFileSync(job.file);
  const places = placesOf(original);
  let [results, refusals] = [0, 0];
  for (let index = job.from; index < job.to; index++) {
    say({ kind: 'begin', index });
    const bytes = caseBytes(job, index, original, places);
    try {
      await targets[job.target](bytes);
      results++;
    } catch (error) {
      if (error instanceof FormatError || error instanceof Failure) refusals++;
      else say({ kind: 'fault', index, what: inspect(error, { depth: 2 }) });
    }
  }
  say({ kind: 'end', results, refusals, peak: process.resourceUsage().maxRSS * 1024 });
}

process.on('message', (job: Job) => void work(job));
