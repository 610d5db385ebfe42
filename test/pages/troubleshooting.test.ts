import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../src/host/index.ts';

const read = (path: string): string => readFileSync(join(packageRoot, path), 'utf8');

it('docs/troubleshooting.md says of every failure code, once, what it means and what mends it', () => {
  const codes = [...read('src/base/errors/failure-code.ts').matchAll(/'([a-z0-9-]+)'/g)].map(
    ([, code]) => code,
  );
  expect(codes.length).toBeGreaterThan(150);
  const rows = read('docs/troubleshooting.md')
    .split('\n')
    .flatMap((line) => /^\| `([a-z0-9-]+)` +\| (.+?) +\| (.+?) +\|$/.exec(line)?.slice(1, 4) ?? []);
  const told = rows.filter((_, index) => index % 3 === 0);
  expect(told.toSorted()).toEqual([...codes, 'bad-format', 'bug', 'interrupted'].toSorted());
  expect(rows.filter((cell) => cell.trim().length < 3)).toEqual([]);
});
