// Writes anew what programs write of the pages: `npm run pages`. test/pages/ compares.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from '../src/host/index.ts';
import { pagesWithParts, pageWithParts } from './parts.ts';

for (const page of pagesWithParts)
  writeFileSync(join(packageRoot, page), await pageWithParts(packageRoot, page));
