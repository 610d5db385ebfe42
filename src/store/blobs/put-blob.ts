import { createHash } from 'node:crypto';
import { chmod, open, rm } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Failure, type Sha256 } from '../../base/index.ts';
import { measuringSpace } from '../../host/index.ts';
import { hashFile, ownBlobPath, type Blob } from './blobs.ts';
import type { Store } from '../layout.ts';
import { hasSoundBlob } from './sound.ts';
import { temporaryPath } from '../sessions/temporary.ts';
import { moveInto } from '../whole-file.ts';

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
  const path = temporaryPath(store, 'blob');
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
    await measuringSpace(store.root, () => pipeline(stream, measure, file.createWriteStream()));
    const blob = { digest: hash.digest('hex') as Sha256, size };
    if (expected !== undefined) check(blob, expected);
    await keep(store, path, blob);
    return blob;
  } finally {
    await rm(path, { force: true });
  }
}

export async function putBytes(store: Store, bytes: Uint8Array | string): Promise<Blob> {
  return putStream(store, Readable.from([Buffer.from(bytes)]));
}

function check(found: Blob, expected: Blob): void {
  if (found.digest === expected.digest && found.size === expected.size) return;
  throw new Failure(
    'digest-mismatch',
    `expected sha256 ${expected.digest} (${expected.size} bytes), found ${found.digest} (${found.size} bytes)`,
  );
}

/** A blob appears by rename after fsync, or not at all (docs/store-layout.md); it takes the place of a damaged one. */
async function keep(store: Store, path: string, blob: Blob): Promise<void> {
  if (await hasSoundBlob(store, blob)) return rm(path, { force: true });
  await chmod(path, 0o444);
  const file = await open(path, 'r');
  await file.sync();
  await file.close();
  await moveInto(path, ownBlobPath(store, blob.digest));
}
