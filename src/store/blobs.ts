import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { chmod, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Failure, type Sha256 } from '../base/index.ts';
import { blobPath, type Store } from './layout.ts';
import { sessionName } from './temporary.ts';

export interface Blob {
  readonly digest: Sha256;
  /** In bytes. */
  readonly size: number;
}

/** Is the blob there, and of that size where one is given? Synchronous: a no-op run asks it for every output. */
export function hasBlob(store: Store, digest: Sha256, size?: number): boolean {
  const stat = statSync(blobPath(store, digest), { throwIfNoEntry: false });
  return stat !== undefined && (size === undefined || stat.size === size);
}

/** The SHA-256 and size of a file, streamed. */
export async function hashFile(path: string): Promise<Blob> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
  }
  return { digest: hash.digest('hex') as Sha256, size };
}

/**
 * Moves a file of the store's own file system into the store: hash, fsync, read-only, rename. Holes stay holes.
 * @throws Failure 'digest-mismatch' when another digest was expected; the file is left where it is.
 */
export async function putFile(store: Store, path: string, expected?: Blob): Promise<Blob> {
  const blob = await hashFile(path);
  if (expected !== undefined) check(blob, expected);
  await keep(store, path, blob);
  return blob;
}

/** Writes a stream into the store. @throws Failure 'digest-mismatch', and nothing is kept. */
export async function putStream(store: Store, stream: Readable, expected?: Blob): Promise<Blob> {
  const path = join(store.root, 'tmp', `${sessionName}.blob.${randomBytes(6).toString('hex')}`);
  const hash = createHash('sha256');
  let size = 0;
  const measure = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  const file = await open(path, 'wx');
  try {
    await pipeline(stream, measure, file.createWriteStream());
    const blob = { digest: hash.digest('hex') as Sha256, size };
    if (expected !== undefined) check(blob, expected);
    await keep(store, path, blob);
    return blob;
  } finally {
    await rm(path, { force: true });
  }
}

export async function putBytes(store: Store, bytes: Uint8Array | string): Promise<Blob> {
  const { Readable } = await import('node:stream');
  return putStream(store, Readable.from([Buffer.from(bytes)]));
}

function check(found: Blob, expected: Blob): void {
  if (found.digest === expected.digest && found.size === expected.size) return;
  throw new Failure(
    'digest-mismatch',
    `expected sha256 ${expected.digest} (${expected.size} bytes), found ${found.digest} (${found.size} bytes)`,
  );
}

/** A blob appears by rename after fsync, or not at all (docs/store-layout.md). */
async function keep(store: Store, path: string, blob: Blob): Promise<void> {
  if (hasBlob(store, blob.digest, blob.size)) return rm(path, { force: true });
  await chmod(path, 0o444);
  const file = await open(path, 'r');
  await file.sync();
  await file.close();
  const home = blobPath(store, blob.digest);
  await mkdir(dirname(home), { recursive: true });
  await rename(path, home);
}
