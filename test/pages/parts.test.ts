import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { drawRatios } from '../../bench/ratios/draw.ts';
import { measuredRatios } from '../../bench/ratios/read.ts';
import { pagesWithParts, pageWithParts } from '../../pages/parts.ts';
import { packageRoot } from '../../src/host/index.ts';

it.each(pagesWithParts)(
  '%s has what programs write of it as they would today (npm run pages)',
  async (page) => {
    expect(readFileSync(join(packageRoot, page), 'utf8')).toBe(await pageWithParts(packageRoot, page));
  },
);

it('bench/ratios.svg shows the ratios of bench/README.md as they are today (npm run pages)', () => {
  const measured = measuredRatios(readFileSync(join(packageRoot, 'bench/README.md'), 'utf8'));
  expect(measured.length).toBeGreaterThan(6);
  const [chunks] = measured.filter(({ title }) => title.startsWith('Disk images to raw disks: zlib'));
  expect(chunks?.ratios.map(({ peer }) => peer)).toEqual(['7zz', 'dmg2img']);
  expect(readFileSync(join(packageRoot, 'bench/ratios.svg'), 'utf8')).toBe(drawRatios(measured));
});
