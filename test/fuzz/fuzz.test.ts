import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freshFolder } from '../rig/folder.ts';
import { caseBytes, placesOf } from './case.ts';
import { fuzz } from './fuzz.ts';

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

test('a case is the same bytes every time', () => {
  const original = Buffer.from('some bytes to be changed', 'latin1');
  const job = { name: 'seed', target: 'plist', seed: 7 } as const;
  const once = (index: number): Buffer => caseBytes(job, index, original, placesOf(original));
  for (let index = 0; index < 50; index++) expect(once(index)).toEqual(once(index));
  expect(new Set(Array.from({ length: 50 }, (_, index) => once(index).toString('hex'))).size).toBeGreaterThan(
    40,
  );
});
