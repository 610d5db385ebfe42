import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freshFolder } from '../rig/folder.ts';
import { caseBytes, Cases } from './case.ts';
import { fuzz } from './fuzz.ts';
import { readSeeds } from './seeds.ts';
import { targets } from './targets.ts';
import { emptyProgress, readProgress, totals, writeProgress } from './progress.ts';

test('every reader gives a result or refuses its input, whatever is done to it; npm run fuzz tries more', async () => {
  const { faults, cases, results, refusals } = await fuzz({
    cases: 800,
    seed: 2026,
    failures: join(freshFolder(), 'failures'),
  });
  expect(faults.map(({ job, index, what }) => `${job.target} ${job.name}, case ${index}: ${what}`)).toEqual(
    [],
  );
  expect(cases).toBeGreaterThanOrEqual(800);
  // A run that refuses all, or nothing, tries nothing.
  expect(results).toBeGreaterThan(cases / 10);
  expect(refusals).toBeGreaterThan(cases / 10);
});

test('every reader gives a result for its seeds as they are: what is refused unharmed tries nothing', async () => {
  const refused: string[] = [];
  for (const { name, bytes, targets: readers } of await readSeeds())
    for (const reader of readers)
      try {
        await targets[reader](Buffer.from(bytes));
      } catch (error) {
        refused.push(`${reader} ${name}: ${String(error)}`);
      }
  expect(refused).toEqual([]);
});

test('a case is the same bytes every time', () => {
  const original = Buffer.from('some bytes to be changed', 'latin1');
  const job = { name: 'seed', target: 'plist', seed: 7 } as const;
  const once = (index: number): Buffer => caseBytes(job, index, original);
  const inOneBuffer = new Cases(job, Buffer.from(original));
  for (let index = 0; index < 200; index++) {
    expect(once(index)).toEqual(once(index));
    expect(Buffer.from(inOneBuffer.at(index))).toEqual(once(index));
  }
  expect(new Set(Array.from({ length: 50 }, (_, index) => once(index).toString('hex'))).size).toBeGreaterThan(
    40,
  );
});

test('a run goes on where its last part ended, every target in its turn', async () => {
  const folder = freshFolder();
  const path = join(folder, 'progress.json');
  const options = { seed: 5, turn: 5, processes: 1, only: 'chunklist', failures: join(folder, 'failures') };
  expect(readProgress(path, 5)).toEqual(emptyProgress(5));
  const first = readProgress(path, 5);
  const { cases } = await fuzz({ ...options, cases: 50, progress: first });
  writeProgress(path, first);
  const second = readProgress(path, 5);
  expect(second).toEqual(first);
  const [before] = [...first.tallies.values()].map(({ next }) => next);
  const more = await fuzz({ ...options, cases: 50, progress: second });
  const tried = [...second.tallies.values()].reduce((sum, { next }) => sum + next, 0);
  expect(tried).toBe(cases + more.cases);
  expect([...second.tallies.values()][0]?.next).toBeGreaterThan(before ?? 0);
  expect(totals(second)).toMatch(new RegExp(`^all +${tried} `, 'm'));
  expect((await fuzz({ ...options, cases: 50, enough: 1, progress: second })).cases).toBe(0);
  expect(() => readProgress(path, 6)).toThrow('is of the seed 5');
});
