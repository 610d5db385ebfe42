import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { SourceContext } from '../../src/sources/context.ts';
import { openStore } from '../../src/store/index.ts';

/** A fresh store and an empty folder beside it, removed after the file's tests. */
export function freshContext(): SourceContext & { readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'cidermill-sources-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return { store: openStore(join(folder, 'store')), root: folder, folder };
}
