import { statSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import PQueue from 'p-queue';
import { Failure, type Sha256 } from '../base/index.ts';
import {
  blobPath,
  hasBlob,
  putFile,
  putStream,
  removeFolder,
  temporaryFolder,
  type Blob,
} from '../store/index.ts';
import type { CacheContext } from './context.ts';
import type { Carried } from './entry.ts';
import { partsOf } from './parts.ts';
import { atOnce } from './agents.ts';
import { isBlob } from './server.ts';
import { TooLong } from './trouble.ts';

export interface BringOptions {
  /** Blobs in the store that what is brought may be like: parts that they have do not travel. */
  readonly like: readonly Sha256[];
  /** In bytes. */
  readonly onProgress: (done: number, total: number) => void;
}

/**
 * Brings the blobs of an entry into the store, many at once, each verified before it is there.
 * @returns false when the server lacks one, or has other bytes for it, which is told
 * @throws CacheTrouble; the file system's errors
 */
export async function bringBlobs(
  context: CacheContext,
  blobs: readonly Carried[],
  { like, onProgress }: BringOptions,
): Promise<boolean> {
  const { store } = context;
  const missing = blobs.filter(({ digest, size }) => !hasBlob(store, digest, size));
  const total = missing.reduce((sum, { size }) => sum + size, 0);
  let done = 0;
  const queue = new PQueue({ concurrency: atOnce });
  const seeds = await seedsOf(context, like, missing);
  const take: Take = (blob, keep) =>
    queue.add(async () => {
      const bytes = (await fromSeed(seeds.get(blob.digest), blob)) ?? (await readBlob(context, blob));
      if (bytes === undefined) return false;
      await keep(bytes);
      onProgress((done += blob.size), total);
      return true;
    });
  const outcomes = await Promise.allSettled(
    missing.map((blob) =>
      blob.parts === undefined
        ? take(blob, (bytes) => putStream(store, Readable.from([bytes]), blob))
        : joinParts(context, { ...blob, parts: blob.parts }, take),
    ),
  );
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  return outcomes.every((outcome) => outcome.status === 'fulfilled' && outcome.value);
}

/** The bytes of a small blob; undefined when the server does not have them, or others, which is told. */
async function readBlob(context: CacheContext, blob: Blob): Promise<Buffer | undefined> {
  const { server } = context;
  let bytes: Buffer | undefined;
  try {
    bytes = await server.read(`cas/${blob.digest}`, blob.size);
    if (bytes === undefined || isBlob(bytes, blob)) return bytes;
  } catch (error) {
    if (!(error instanceof TooLong)) throw error;
  }
  refuseBytes(context, blob.digest);
  return undefined;
}

/** Tells that the server has other bytes than it should. */
export function refuseBytes({ server, wrong, onRefused }: CacheContext, digest: Sha256): void {
  if (wrong.has(digest)) return;
  wrong.add(digest);
  onRefused({ digest, message: `${server.name} has wrong bytes for ${digest}` });
}

/** Where a part lies in a file of the store. */
interface Place {
  readonly path: string;
  readonly offset: number;
}

/** Finds parts that are wanted in blobs of the store. */
async function seedsOf(
  { store, signal }: CacheContext,
  like: readonly Sha256[],
  missing: readonly Carried[],
): Promise<Map<Sha256, Place>> {
  const wanted = new Set(missing.flatMap(({ parts = [] }) => parts.map(({ digest }) => digest)));
  const places = new Map<Sha256, Place>();
  for (const digest of wanted.size === 0 ? [] : like) {
    if (!hasBlob(store, digest)) continue;
    const path = blobPath(store, digest);
    for await (const part of partsOf(path, statSync(path).size)) {
      signal.throwIfAborted();
      if (wanted.has(part.digest)) places.set(part.digest, { path, offset: part.offset });
    }
  }
  return places;
}

type Take = (blob: Blob, keep: (bytes: Buffer) => Promise<unknown>) => Promise<boolean>;

/** Puts a blob together of its parts, from the server and from files of the store. Parts of zeros become holes. */
async function joinParts(
  context: CacheContext,
  { parts, ...blob }: Required<Carried>,
  take: Take,
): Promise<boolean> {
  const { store } = context;
  const folder = temporaryFolder(store, 'parts');
  const path = join(folder, 'blob');
  try {
    const file = await open(path, 'wx');
    try {
      await file.truncate(blob.size);
      const offsets = new Map<Sha256, { readonly part: Blob; readonly at: number[] }>();
      let offset = 0;
      for (const part of parts) {
        const known = offsets.get(part.digest);
        if (known === undefined) offsets.set(part.digest, { part, at: [offset] });
        else known.at.push(offset);
        offset += part.size;
      }
      const write = async (bytes: Buffer, at: readonly number[]): Promise<void> => {
        if (isZero(bytes)) return;
        for (const position of at) await file.write(bytes, 0, bytes.length, position);
      };
      const all = await Promise.allSettled(
        [...offsets.values()].map(({ part, at }) => take(part, (bytes) => write(bytes, at))),
      );
      for (const one of all) if (one.status === 'rejected') throw one.reason;
      if (!all.every((one) => one.status === 'fulfilled' && one.value)) return false;
    } finally {
      await file.close();
    }
    await putFile(store, path, blob);
    return true;
  } catch (error) {
    if (!(error instanceof Failure) || error.code !== 'digest-mismatch') throw error;
    context.onRefused({
      digest: blob.digest,
      message: `the parts that ${context.server.name} names for ${blob.digest} do not make it`,
    });
    return false;
  } finally {
    await removeFolder(folder);
  }
}

async function fromSeed(place: Place | undefined, part: Blob): Promise<Buffer | undefined> {
  if (place === undefined) return undefined;
  const file = await open(place.path).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    const bytes = Buffer.alloc(part.size);
    const { bytesRead } = await file.read(bytes, 0, part.size, place.offset);
    return bytesRead === part.size && isBlob(bytes, part) ? bytes : undefined;
  } finally {
    await file.close();
  }
}

function isZero(bytes: Buffer): boolean {
  return bytes[0] === 0 && bytes.compare(bytes, 1, bytes.length, 0, bytes.length - 1) === 0;
}
