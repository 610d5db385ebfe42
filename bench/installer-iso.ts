import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packageRoot } from '../src/host/index.ts';
import { makeSample } from '../src/installer/index.ts';
import { machine, median, peakMemory, ratio, table, timeInTurn, warmMemory } from './measure.ts';

/* A large installer made into a disc, beside cp of the same disc: what any program that writes those bytes would take. */

const [size = '6', rounds = '7'] = process.argv.slice(2);
const folder = mkdtempSync(join(process.env['BENCH_FOLDER'] ?? tmpdir(), 'cidermill-bench-'));
const [sample, iso, copy] = ['InstallESD.dmg', 'out.iso', 'copy.iso'].map((name) => join(folder, name)) as [
  string,
  string,
  string,
];

try {
  const kernel = Buffer.alloc(8 * 2 ** 20, 'kernel');
  await makeSample({ version: '10.10.5', map: 'gpt', size: Number(size) * 2 ** 30, kernel }, sample);
  const make = [process.execPath, join(packageRoot, 'dist/cidermill.js'), 'iso', 'make', sample, '-o', iso];
  // Both begin with no output and end when the system has all of it; both read what is in the page cache or is not.
  const cidermill = ['sh', '-c', 'rm -f "$0"; "$@" && sync "$0"', iso, ...make];
  const cp = ['sh', '-c', 'rm -f "$0"; cp --sparse=never "$1" "$0" && sync "$0"', copy, iso];
  const bytes = Number(size) * 1.2 * 2 ** 30;
  const before = (): void => warmMemory(folder, bytes);
  const timings = timeInTurn(
    [
      { name: 'cidermill iso make', command: cidermill, before },
      { name: 'cp --sparse=never', command: cp, before },
    ],
    Number(rounds),
  );
  const [ours = [], theirs = []] = timings.values();
  console.log(
    `${statSync(sample).size} bytes to a disc of ${statSync(iso).size}, ${rounds} rounds; ${machine()}\n`,
  );
  console.log(
    table(
      ['program', 'CPU s', 'wall s', 'wall, as a multiple of cp'],
      [...timings].map(([name, all]) => [
        name,
        median(all.map(({ cpu }) => cpu)).toFixed(2),
        median(all.map(({ wall }) => wall)).toFixed(2),
        ratio(all, theirs, 'wall').toFixed(2),
      ]),
    ),
  );
  rmSync(iso);
  const peak = await peakMemory({ name: 'cidermill iso make', command: make });
  console.log(`\nratio, pair by pair: ${ratio(ours, theirs, 'wall').toFixed(2)}`);
  console.log(`most memory of cidermill: ${Math.round(peak / 2 ** 20)} MiB`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
