import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Other people's files, which are not part of the project: CIDERMILL_FIXTURES, or beside the checkout. */
const folder = process.env['CIDERMILL_FIXTURES'] ?? resolve(import.meta.dirname, '../../../shared/fixtures');

/** Tests that need them skip without, and say so by this. */
export const noFixtures = !existsSync(folder);

export function fixture(name: string): string {
  return join(folder, name);
}
