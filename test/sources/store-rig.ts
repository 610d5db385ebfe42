import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { SourceContext } from '../../src/sources/context.ts';
import { openStore } from '../../src/store/index.ts';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** A fresh store and an empty folder beside it, removed after the file's tests. */
export function freshContext(): SourceContext & { readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'cidermill-sources-'));
  folders.push(folder);
  return { store: openStore(join(folder, 'store')), root: folder, folder };
}
