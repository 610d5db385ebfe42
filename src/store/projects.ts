import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../base/index.ts';
import type { Store } from './layout.ts';
import { removeFolder, sessionName } from './sessions/temporary.ts';
import { readSummed, withSum } from './whole-file.ts';

/** A project that uses a store: what its lockfiles pin stays in it. */
export interface ProjectRecord {
  /** Absolute: its folder, and that of the cidermill it is used with. */
  readonly root: string;
  readonly builtin: string;
}

/** The name of what the store keeps of a project: its record, and its folder in history/. */
export function projectName(root: string): string {
  return sha256(root).slice(0, 16);
}

/** Remembers that a project uses the store. Synchronous: it is on the path of a no-op run. */
export function recordProject(store: Store, { root, builtin }: ProjectRecord): void {
  const path = join(store.root, 'projects', `${projectName(root)}-${projectName(builtin)}.json`);
  if (store.readOnly || existsSync(path)) return;
  const work = join(store.root, 'tmp', `${sessionName}.project`);
  writeFileSync(work, withSum(JSON.stringify({ root, builtin })));
  renameSync(work, path);
}

/** The projects that have used the store, and the names of records that cannot be read. */
export function projectRecords(store: Store): {
  readonly records: readonly ProjectRecord[];
  readonly unreadable: readonly string[];
} {
  const [records, unreadable]: [ProjectRecord[], string[]] = [[], []];
  for (const name of readdirSync(join(store.root, 'projects'))) {
    const record = readRecord(join(store.root, 'projects', name));
    if (record === undefined) unreadable.push(name);
    else records.push(record);
  }
  return { records, unreadable };
}

function readRecord(path: string): ProjectRecord | undefined {
  try {
    return readSummed(readFileSync(path, 'utf8')) as ProjectRecord | undefined;
  } catch {
    return undefined;
  }
}

/** Forgets a project that is gone: its record and its history. */
export async function forgetProject(store: Store, { root, builtin }: ProjectRecord): Promise<void> {
  const name = `${projectName(root)}-${projectName(builtin)}.json`;
  await rm(join(store.root, 'projects', name), { force: true });
  if (!existsSync(root)) await removeFolder(join(store.root, 'history', projectName(root)));
}
