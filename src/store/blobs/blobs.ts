import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import type { Sha256 } from '../../base/index.ts';
import { blobPath, ownLayer, type Store } from '../layout.ts';

export type Blob = {
  readonly digest: Sha256;
  /** In bytes. */
  readonly size: number;
};

/** Where a blob of this store alone lies, or will lie. */
export function ownBlobPath(store: Store, digest: Sha256): string {
  return blobPath(ownLayer(store), digest);
}

/**
 * Is the blob there, and of that size where one is given? Its bytes are not looked at (see sound.ts). Synchronous: a
 * no-op run asks it for every output.
 */
export function hasBlob(store: Store, digest: Sha256, size?: number): boolean {
  const path = blobPath(store, digest);
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat?.isFile() === true && (size === undefined || stat.size === size) && !hidden.has(path);
}

/** Blobs that were found damaged in a store that may only be read. */
const hidden = new Set<string>();

/** Makes a blob be as good as gone for this process. */
export function hideBlob(path: string): void {
  hidden.add(path);
}

export interface HashOptions {
  /** Bytes so far. */
  readonly onRead?: ((done: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The SHA-256 and size of a file, streamed. */
export async function hashFile(path: string, options: HashOptions = {}): Promise<Blob> {
  const { onRead, signal } = options;
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 }) as AsyncIterable<Buffer>) {
    signal?.throwIfAborted();
    hash.update(chunk);
    size += chunk.length;
    onRead?.(size);
  }
  return { digest: hash.digest('hex') as Sha256, size };
}
