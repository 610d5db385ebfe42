import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { KvmName } from './names.ts';

/** What `load` did, for `unload` to undo. It lies in /run: a reboot undoes it too. */
export interface LoadRecord {
  /** Where the modules came from, absolute. */
  readonly folder: string;
  /** The modules that were loaded before, in the order they were removed. */
  readonly previous: readonly KvmName[];
}

const place = 'run/cidermill/kvm.json';

export function readRecord(root: string): LoadRecord | undefined {
  try {
    return JSON.parse(readFileSync(join(root, place), 'utf8')) as LoadRecord;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

export function writeRecord(root: string, record: LoadRecord): void {
  const path = join(root, place);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.new`, `${JSON.stringify(record)}\n`);
  renameSync(`${path}.new`, path);
}

export function removeRecord(root: string): void {
  rmSync(join(root, place), { force: true });
}
