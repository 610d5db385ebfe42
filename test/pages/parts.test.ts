import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { pagesWithParts, pageWithParts } from '../../pages/parts.ts';
import { packageRoot } from '../../src/host/index.ts';

it.each(pagesWithParts)(
  '%s has what programs write of it as they would today (npm run pages)',
  async (page) => {
    expect(readFileSync(join(packageRoot, page), 'utf8')).toBe(await pageWithParts(packageRoot, page));
  },
);
