import { spawnSync } from 'node:child_process';
import { existsSync, linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { hasStore, openStore, type OpenOptions, type Store } from '../store/index.ts';

/** Where the store of a project is, or will be; more than one where the first can only be read. */
export interface StoreWish {
  /** What `--store` or `CIDERMILL_STORE` names; "" is nothing. */
  readonly named: string | undefined;
  /** Absolute: the project's folder for products. */
  readonly artifacts: string;
}

/**
 * The folder of the store: the one that is named; else the project's own, `artifacts/.store`, where it has one; else
 * that of the user, for all projects, in `$XDG_CACHE_HOME/cidermill` or `~/.cache/cidermill`; and where that cannot hold
 * one, the project's own.
 */
export function storePlace({ named, artifacts }: StoreWish): string {
  return named === undefined || named === '' ? usualPlace(artifacts) : resolve(named);
}

/** Opens the store. One that can only be read lies below the usual one, which takes what is new. */
export function openStoreAt(wish: StoreWish, options: Pick<OpenOptions, 'mend'>): Store {
  const first = openStore(storePlace(wish), options);
  if (!first.readOnly) return first;
  const place = usualPlace(wish.artifacts);
  // Where nothing can be written at all, the first one serves what it has.
  if (join(place, 'v1') === first.root || !isWritable(place)) return first;
  return openStore(place, { ...options, below: first });
}

function usualPlace(artifacts: string): string {
  const own = join(artifacts, '.store');
  if (hasStore(own)) return own;
  const shared = cacheFolder();
  return shared !== undefined && (hasStore(shared) || canHoldStore(shared)) ? shared : own;
}

/** As the XDG Base Directory Specification has it: a relative path is ignored. */
function cacheFolder(): string | undefined {
  const given = process.env['XDG_CACHE_HOME'];
  if (given !== undefined && isAbsolute(given)) return join(given, 'cidermill');
  const home = homedir();
  return isAbsolute(home) ? join(home, '.cache', 'cidermill') : undefined;
}

/** Are there hard links and kernel locks, which a store needs and some network file systems lack? */
function canHoldStore(folder: string): boolean {
  try {
    // One level at a time: a home folder that is not there is not made, and a recursive one never ends below /proc.
    for (const path of [dirname(folder), folder]) if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
    const trial = mkdtempSync(join(folder, 'trial-'));
    try {
      writeFileSync(join(trial, 'one'), '');
      linkSync(join(trial, 'one'), join(trial, 'two'));
      return spawnSync('flock', ['--nonblock', join(trial, 'one'), 'true']).status === 0;
    } finally {
      rmSync(trial, { recursive: true, force: true });
    }
  } catch {
    return false;
  }
}

function isWritable(place: string): boolean {
  try {
    return !openStore(place).readOnly;
  } catch {
    return false;
  }
}
