import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { TargetName } from './targets.ts';

/** How far the cases of one seed and one target have come. */
export interface Tally {
  readonly target: TargetName;
  readonly name: string;
  /** The first case that has not been tried. */
  next: number;
  results: number;
  refusals: number;
  faults: number;
}

/** The tallies of one run of random numbers, which goes on where it was left. */
export interface Progress {
  readonly seed: number;
  readonly tallies: Map<string, Tally>;
}

export function emptyProgress(seed: number): Progress {
  return { seed, tallies: new Map() };
}

/** What a file has of an earlier part. @throws Error when that had other random numbers */
export function readProgress(path: string, seed: number): Progress {
  if (!existsSync(path)) return emptyProgress(seed);
  const known = JSON.parse(readFileSync(path, 'utf8')) as { seed: number; tallies: Tally[] };
  if (known.seed !== seed) throw new Error(`${path} is of the seed ${known.seed}, not of ${seed}`);
  return { seed, tallies: new Map(known.tallies.map((each) => [`${each.target} ${each.name}`, each])) };
}

/** Appears whole: a part that is killed loses what it tried since. */
export function writeProgress(path: string, { seed, tallies }: Progress): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.partial`, `${JSON.stringify({ seed, tallies: [...tallies.values()] }, null, 1)}\n`);
  renameSync(`${path}.partial`, path);
}

export function tallyOf(progress: Progress, target: TargetName, name: string): Tally {
  const key = `${target} ${name}`;
  const known = progress.tallies.get(key);
  if (known !== undefined) return known;
  const tally = { target, name, next: 0, results: 0, refusals: 0, faults: 0 };
  progress.tallies.set(key, tally);
  return tally;
}

/** How many cases of a reader were tried, whatever they were made from. */
export function casesOf({ tallies }: Progress, target: TargetName): number {
  let cases = 0;
  for (const tally of tallies.values()) if (tally.target === target) cases += tally.next;
  return cases;
}

/** Cases, results, refusals and faults of each target, as a table. */
export function totals({ tallies }: Progress): string {
  const sums = new Map<string, [cases: number, results: number, refusals: number, faults: number]>();
  for (const { target, results, refusals, faults } of tallies.values()) {
    const sum = sums.get(target) ?? [0, 0, 0, 0];
    sums.set(target, [
      sum[0] + results + refusals + faults,
      sum[1] + results,
      sum[2] + refusals,
      sum[3] + faults,
    ]);
  }
  const all = [...sums.values()].reduce(
    (a, b) => [a[0] + b[0], a[1] + b[1], a[2] + b[2], a[3] + b[3]],
    [0, 0, 0, 0],
  );
  return [['target', 'cases', 'results', 'refusals', 'faults'], ...[...sums].sort(), ['all', all] as const]
    .map(([name, ...rest]) =>
      [name.padEnd(12), ...rest.flat().map((each) => String(each).padStart(10))].join(''),
    )
    .join('\n');
}
