import { parseArgs } from 'node:util';
import { prepareJudges } from '../rig/judges/prepare.ts';
import { fuzz } from './fuzz.ts';

/*
 * npm run fuzz -- [--cases 20000] [--seed 1] [--only "hfsp-small check"] [--from 0] [--processes 2]
 * Ends with 1 when a reader did anything but give a result or refuse its input; the inputs are in fuzz-failures/.
 */

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '20000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    only: { type: 'string', default: '' },
    processes: { type: 'string', default: '2' },
  },
});
await prepareJudges();
const start = performance.now();
const { cases, results, refusals, faults, peak } = await fuzz({
  cases: Number(values.cases),
  seed: Number(values.seed),
  from: Number(values.from),
  only: values.only,
  processes: Number(values.processes),
  failures: 'fuzz-failures',
  onJob: console.log,
});
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
process.exitCode = faults.length > 0 ? 1 : 0;
