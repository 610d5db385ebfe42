import { mkdtempSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';

/** A fresh folder that goes when the test has finished. */
export function freshFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'cidermill-')));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A fresh folder that goes when the test file has finished. */
export function fileFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'cidermill-')));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return folder;
}
