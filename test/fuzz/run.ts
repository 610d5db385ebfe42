import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { prepareJudges } from '../rig/judges/prepare.ts';
import { fuzz } from './fuzz.ts';
import { emptyProgress, readProgress, totals, writeProgress } from './progress.ts';

/*
 * npm run fuzz -- [--cases 20000] [--enough 100000] [--seed 1] [--minutes 5] [--only "hfsp-small check"] [--processes 2]
 * Goes on where the last part with the same seed ended, which is kept in fuzz-failures/seed-N.json; --fresh begins anew.
 * With --from 17 --cases 1 it is one case again. Ends with 1 when a reader did anything but give a result or refuse its
 * input; the inputs are in fuzz-failures/.
 */

const failures = 'fuzz-failures';
const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    minutes: { type: 'string', default: '600' },
    enough: { type: 'string', default: 'Infinity' },
    turn: { type: 'string', default: '300' },
    from: { type: 'string' },
    only: { type: 'string', default: '' },
    processes: { type: 'string', default: '2' },
    fresh: { type: 'boolean', default: false },
  },
});
await prepareJudges();
const seed = Number(values.seed);
const kept = join(failures, `seed-${seed}.json`);
const again = values.from !== undefined;
const progress = again || values.fresh ? emptyProgress(seed) : readProgress(kept, seed);
const save = (): void => {
  if (!again) writeProgress(kept, progress);
};
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
const late = setTimeout(() => stop.abort(), Number(values.minutes) * 60_000);
const start = performance.now();
let saved = start;
const { cases, results, refusals, faults, peak } = await fuzz({
  seed,
  progress,
  failures,
  signal: stop.signal,
  ...(values.from === undefined ? { turn: Number(values.turn) } : { from: Number(values.from) }),
  cases: Number(values.cases),
  enough: Number(values.enough),
  only: values.only,
  processes: Number(values.processes),
  onJob: (line) => {
    console.log(line);
    if (performance.now() - saved < 10_000) return;
    saved = performance.now();
    save();
  },
});
clearTimeout(late);
save();
const seconds = Math.round((performance.now() - start) / 1000);
for (const { job, index, what, file } of faults) {
  console.log(`\n${job.target} ${job.name}, case ${index}: ${what}`);
  console.log(`  the bytes: ${file}`);
  console.log(
    `  again: npm run fuzz -- --seed ${job.seed} --only "${job.name} ${job.target}" --from ${index} --cases 1`,
  );
}
console.log(
  `\n${cases} cases in ${seconds} s: ${results} results, ${refusals} refusals, ${faults.length} faults; ${Math.round(peak / 2 ** 20)} MiB at the most`,
);
if (!again) console.log(`\nAll parts with the seed ${seed}:\n${totals(progress)}`);
process.exitCode = faults.length > 0 ? 1 : 0;
