import { statSync, type BigIntStats } from 'node:fs';
import { resolve } from 'node:path';
import { Failure, isSha256, systemReason, type Sha256 } from '../base/index.ts';
import { settle } from '../host/index.ts';
import { hashFile, openMemo, type Memo, type Store } from '../store/index.ts';

export interface HashUserFile {
  /** In bytes: how much of it has been read; told twice a second, and not for what is read within the first. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Between two words on how much has been read, in milliseconds. */
const betweenProgress = 500;

/** The digests of the files that belong to the user: hashed once a path, size, inode and times of change. */
export interface UserFiles {
  /** Without reading the file: undefined when it is new or has changed. @throws Failure 'no-file' */
  known(path: string): Sha256 | undefined;
  hash(path: string, options?: HashUserFile): Promise<Sha256>;
  /**
   * Makes sure that a file is still the one that was hashed, after it was used.
   * @throws Failure 'file-changed' when its size, times or inode are others
   */
  check(path: string): void;
}

export function openUserFiles(store: Store): UserFiles {
  const memo = openMemo(store, 'user-files');
  const hashed = new Map<string, string>();
  return {
    known: (path) => recall(memo, identity(path, look(path))),
    hash: async (path, { onProgress, signal } = {}) => {
      await settle(Number(look(path).ctimeMs));
      const before = identity(path, look(path));
      hashed.set(path, before);
      const known = recall(memo, before);
      if (known !== undefined) return known;
      const total = Number(look(path).size);
      const onRead = onProgress && seldom((done) => onProgress(done, total));
      const { digest } = await hashFile(path, { onRead, signal }).catch((cause: unknown) => {
        signal?.throwIfAborted();
        const { code } = cause as NodeJS.ErrnoException;
        if (code === undefined) throw cause;
        throw new Failure('no-user-file', `${path} cannot be read: ${systemReason(cause)}`, { cause });
      });
      if (identity(path, look(path)) !== before) {
        throw new Failure('file-changing', `${path} changed while it was read`, { temporary: true });
      }
      await memo.set(before, digest);
      return digest;
    },
    check: (path) => {
      const before = hashed.get(path);
      if (before === undefined || before === identityNow(path)) return;
      throw new Failure('file-changed', `${path} changed while it was used`, {
        hint: 'Run it again when the file is complete, for example when its download has ended.',
        temporary: true,
      });
    },
  };
}

/** As `openUserFiles(store).hash(path)`. */
export function hashUserFile(store: Store, path: string): Promise<Sha256> {
  return openUserFiles(store).hash(path);
}

/** Calls it with the newest number, not more often than progress is told. */
function seldom(tell: (done: number) => void): (done: number) => void {
  let last = performance.now();
  return (done) => {
    const now = performance.now();
    if (now - last < betweenProgress) return;
    last = now;
    tell(done);
  };
}

function recall(memo: Memo, key: string): Sha256 | undefined {
  const digest = memo.get(key);
  return digest !== undefined && isSha256(digest) ? digest : undefined;
}

function identity(path: string, stat: BigIntStats): string {
  return [resolve(path), stat.size, stat.mtimeNs, stat.ctimeNs, stat.ino].join('\0');
}

/** Undefined for a file that is gone. */
function identityNow(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stat === undefined ? undefined : identity(path, stat);
}

function look(path: string): BigIntStats {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (stat === undefined) throw new Failure('no-file', `there is no file ${path}`);
  if (!stat.isFile()) throw new Failure('no-file', `${path} is not a file`);
  return stat;
}
