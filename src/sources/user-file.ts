import { statSync, type BigIntStats } from 'node:fs';
import { resolve } from 'node:path';
import { Failure, isSha256, type Sha256 } from '../base/index.ts';
import { hashFile, openMemo, type Memo, type Store } from '../store/index.ts';

/** The digests of the files that belong to the user: hashed once a path, size, mtime and inode. */
export interface UserFiles {
  /** Without reading the file: undefined when it is new or has changed. @throws Failure 'no-file' */
  known(path: string): Sha256 | undefined;
  hash(path: string): Promise<Sha256>;
}

export function openUserFiles(store: Store): UserFiles {
  const memo = openMemo(store, 'user-files');
  return {
    known: (path) => recall(memo, identity(path, look(path))),
    hash: async (path) => {
      const before = identity(path, look(path));
      const known = recall(memo, before);
      if (known !== undefined) return known;
      const { digest } = await hashFile(path);
      if (identity(path, look(path)) !== before) {
        throw new Failure('file-changing', `${path} changed while it was read`, { temporary: true });
      }
      await memo.set(before, digest);
      return digest;
    },
  };
}

/** As `openUserFiles(store).hash(path)`. */
export function hashUserFile(store: Store, path: string): Promise<Sha256> {
  return openUserFiles(store).hash(path);
}

function recall(memo: Memo, key: string): Sha256 | undefined {
  const digest = memo.get(key);
  return digest !== undefined && isSha256(digest) ? digest : undefined;
}

function identity(path: string, stat: BigIntStats): string {
  return [resolve(path), stat.size, stat.mtimeNs, stat.ino].join('\0');
}

function look(path: string): BigIntStats {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (stat === undefined) throw new Failure('no-file', `there is no file ${path}`);
  if (!stat.isFile()) throw new Failure('no-file', `${path} is not a file`);
  return stat;
}
