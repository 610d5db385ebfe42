import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../base/index.ts';
import {
  hasBlob,
  partialPath,
  putFile,
  temporaryPath,
  withLock,
  type Blob,
  type Store,
} from '../../store/index.ts';
import { downloadTo, sizeOf, type DownloadOptions } from './attempt.ts';
import { shownUrl } from './http-failure.ts';
import { fromFirst } from './mirrors.ts';

/**
 * Fetches a file of known digest into the store, from the first address that gives it. What a broken connection or a
 * killed run has left in `partial/` is carried on from, if the server can.
 */
export async function downloadBlob(
  store: Store,
  urls: readonly string[],
  expected: Blob,
  options: DownloadOptions = {},
): Promise<Blob> {
  const path = partialPath(store, expected.digest);
  return withLock(join(store.root, 'locks', `fetch-${expected.digest}`), async () => {
    if (hasBlob(store, expected.digest, expected.size)) return expected;
    return fromFirst(urls, async (url) => {
      const before = sizeOf(path);
      const got = await downloadTo(path, url, expected.size, options);
      if (got.digest === expected.digest && got.size === expected.size) return putFile(store, path, expected);
      await rm(path, { force: true });
      // The bytes that were there may have been another server's wrong ones: once more, from the start.
      if (before === 0) throw wrongBytes(url, expected, got);
      const again = await downloadTo(path, url, expected.size, options);
      if (again.digest === expected.digest) return putFile(store, path, expected);
      await rm(path, { force: true });
      throw wrongBytes(url, expected, again);
    });
  });
}

/** Fetches a file whose digest nobody knows yet: what locking does. */
export async function downloadUnknown(
  store: Store,
  urls: readonly string[],
  options: DownloadOptions = {},
): Promise<Blob> {
  return fromFirst(urls, async (url) => {
    const path = temporaryPath(store, 'fetch');
    try {
      const got = await downloadTo(path, url, undefined, options);
      return await putFile(store, path, got);
    } finally {
      await rm(path, { force: true });
    }
  });
}

function wrongBytes(url: string, expected: Blob, found: Blob): Failure {
  return new Failure(
    'digest-mismatch',
    `${shownUrl(url)} is not the file that was locked: expected sha256 ${expected.digest} (${expected.size} bytes), ` +
      `found ${found.digest} (${found.size} bytes)`,
    { hint: 'If you trust the new file, lock it again with `cidermill lock`.' },
  );
}
