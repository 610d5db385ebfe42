import { createWriteStream, existsSync, lstatSync, readdirSync } from 'node:fs';
import { chmod, copyFile, mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { unpackArchive } from '../../archive/unpack.ts';
import { Failure, uniqueName, type FailureCode } from '../../base/index.ts';
import { diskFailure } from '../../host/index.ts';
import { checkFreeSpace } from '../../image/index.ts';
import { hashFile } from '../../store/index.ts';
import { chunkLength, type DiskIndex } from '../packs/disk-index.ts';
import { openView, type DiskView } from '../packs/disk-view.ts';
import { rebuildDisk } from '../packs/rebuild-disk.ts';
import { readBlob } from '../remote/blobs.ts';
import type { Descriptor } from '../remote/manifests.ts';
import type { Remote } from '../remote/remote.ts';
import { checkEntries, isTreeThere } from './check-entries.ts';
import type { FoundProduct } from './find-product.ts';
import { notes, types } from './media-types.ts';
import type { ProductEntry } from './product-index.ts';
import { isUnchanged, readMark, writeMark } from './pulled-mark.ts';

export interface PullOptions {
  /** As the user gave it; it is remembered in the folder. */
  readonly reference: string;
  /** The folder to make. One that was pulled before and is unchanged is replaced, and gives what is the same. */
  readonly output: string;
  /** Another folder with an older version. */
  readonly seed?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Looks at what was pulled before it gets its name. @throws what is wrong with it */
  readonly check?: ((folder: string) => Promise<void>) | undefined;
}

export interface Pulled {
  /** Bytes that came from the registry. */
  readonly received: number;
  /** The folder has this version already, and nothing was done. */
  readonly unchanged: boolean;
}

type FileEntry = Extract<ProductEntry, { type: 'file' }>;

/**
 * Pulls a product into a folder, which appears by rename when every file in it is as the product's index says, or not at
 * all. What was interrupted is gone on with; what a full disk broke off is removed.
 * @throws Failure 'exists' when something else is in its place; 'digest-mismatch', 'no-space'
 */
export async function pullProduct(
  remote: Remote,
  found: FoundProduct,
  options: PullOptions,
): Promise<Pulled> {
  const output = resolve(options.output);
  const mark = await readMark(output);
  if (mark?.digest === found.digest && isUnchanged(output, mark)) {
    await options.check?.(output);
    return { received: 0, unchanged: true };
  }
  if (existsSync(output) && (mark === undefined || !isUnchanged(output, mark)))
    throw new Failure(
      'exists',
      mark === undefined ? `${output} exists already` : `${output} was changed since it was pulled`,
      { hint: 'Move it away, or pull into another folder: -o FOLDER.' },
    );
  const work = join(dirname(output), `.${basename(output)}.pull-${found.digest.slice(7, 23)}`);
  try {
    await mkdir(work, { recursive: true });
    const seeds = [
      ...(mark === undefined ? [] : [output]),
      ...(options.seed === undefined ? [] : [options.seed]),
    ];
    await checkFreeSpace(work, neededBytes(found, work));
    const received = await fill(remote, found, work, seeds, options);
    await checkEntries(work, found.index.entries);
    await options.check?.(work);
    await writeMark(work, options.reference, found.digest, found.index.entries);
    await replace(work, output);
    return { received, unchanged: false };
  } catch (error) {
    const full = diskFailure(error, dirname(output));
    if (full?.code === 'no-space' || isWrong(error)) await rm(work, { recursive: true, force: true });
    throw full ?? error;
  }
}

/** Failures that say nothing against what has come: it is kept, and the next pull goes on. */
const passing: readonly FailureCode[] = [
  'fetch-failed',
  'registry-denied',
  'registry-refused',
  'cannot-write',
];

/** What is wrong stays wrong: it is not gone on with. */
function isWrong(error: unknown): boolean {
  return error instanceof Failure && !error.temporary && !passing.includes(error.code);
}

/** In bytes, without what is there from before. */
function neededBytes({ index, disks }: FoundProduct, work: string): number {
  let needed = 0;
  for (const entry of index.entries) {
    if (entry.type !== 'file') continue;
    const disk = disks.get(entry.path);
    const size =
      entry.stored !== 'disk' || disk === undefined
        ? entry.size
        : disk.chunks.reduce((sum, { number }) => sum + chunkLength(disk.size, number), 0);
    const there = lstatSync(join(work, entry.path), { throwIfNoEntry: false });
    needed += Math.max(0, size - (there === undefined ? 0 : there.blocks * 512));
  }
  return needed;
}

async function fill(
  remote: Remote,
  { manifest, index, disks }: FoundProduct,
  work: string,
  seeds: readonly string[],
  { signal, onProgress }: PullOptions,
): Promise<number> {
  let received = 0;
  const onReceived = (bytes: number): void => void (received += bytes);
  const layerOf = (path: string, type?: string): Descriptor => {
    const layer = manifest.layers.find(
      ({ mediaType, annotations }) =>
        annotations?.[notes.title] === path && (mediaType === types.tree) === (type === types.tree),
    );
    if (layer !== undefined) return layer;
    throw new Failure('bad-manifest', `the manifest of the product has no layer for ${path}`);
  };
  for (const entry of index.entries) {
    signal?.throwIfAborted();
    if (entry.path.includes('/')) continue;
    const path = join(work, entry.path);
    if (entry.type === 'directory') {
      if (await isTreeThere(work, entry.path, index.entries)) continue;
      const archive = join(work, `.${entry.path}.tar.gz`);
      await rm(path, { recursive: true, force: true });
      await fetchFile(remote, layerOf(entry.path, types.tree), archive, onReceived);
      await mkdir(path);
      const size = index.entries.reduce(
        (sum, each) => sum + (each.type === 'file' && each.stored === 'tree' ? each.size : 0),
        0,
      );
      await unpackArchive(archive, 'gzip', path, {
        signal,
        limits: { size, entries: index.entries.length + 1 },
      });
      await rm(archive);
    } else if (entry.type === 'file') {
      const disk = disks.get(entry.path);
      if (entry.stored === 'disk' && disk !== undefined) {
        const seed = await openSeed(seeds, disk);
        try {
          await rebuildDisk(remote, disk, path, { seed, signal, onProgress, onReceived });
        } finally {
          await seed?.close().catch(() => undefined);
        }
      } else await takeFile(remote, entry, layerOf(entry.path), path, seeds, onReceived);
      await chmod(path, entry.executable ? 0o755 : 0o644);
    }
  }
  return received;
}

async function openSeed(seeds: readonly string[], { path, view }: DiskIndex): Promise<DiskView | undefined> {
  for (const folder of seeds) {
    const file = join(folder, path);
    if (lstatSync(file, { throwIfNoEntry: false })?.isFile() !== true) continue;
    const seed = await openView(file, view === 'file' ? 'file' : undefined).catch(() => undefined);
    if (seed?.view === view) return seed;
    await seed?.close();
  }
  return undefined;
}

async function takeFile(
  remote: Remote,
  { path: name, size, sha256 }: FileEntry,
  layer: Descriptor,
  path: string,
  seeds: readonly string[],
  onReceived: (bytes: number) => void,
): Promise<void> {
  if (layer.digest !== `sha256:${sha256}` || layer.size !== size)
    throw new Failure('bad-manifest', `the manifest and the index of the product differ about ${name}`);
  for (const seed of seeds) {
    const file = join(seed, name);
    const stat = lstatSync(file, { throwIfNoEntry: false });
    if (stat?.isFile() !== true || stat.size !== size || (await hashFile(file)).digest !== sha256) continue;
    await copyFile(file, path);
    return;
  }
  await fetchFile(remote, layer, path, onReceived);
}

/** Fetches a blob into a file, going on with what is there. */
async function fetchFile(
  remote: Remote,
  { digest, size }: Descriptor,
  path: string,
  onReceived: (bytes: number) => void,
): Promise<void> {
  const fetch = (): Promise<void> =>
    remote.attempt(async () => {
      const stat = lstatSync(path, { throwIfNoEntry: false });
      const start = stat?.isFile() === true && stat.size <= size ? stat.size : 0;
      const bytes = size === 0 ? Readable.from([]) : readBlob(remote, digest, { start, end: size }, size);
      if (start < size || size === 0)
        await pipeline(
          bytes,
          counter(onReceived),
          createWriteStream(path, { flags: start === 0 ? 'w' : 'a' }),
        );
    });
  await fetch();
  if (`sha256:${(await hashFile(path)).digest}` === digest) return;
  // What was there may be of a crash: once more, from the start.
  await rm(path);
  await fetch();
  if (`sha256:${(await hashFile(path)).digest}` === digest) return;
  throw new Failure('digest-mismatch', `${remote.repository.host} gives other bytes for ${digest}`);
}

function counter(onReceived: (bytes: number) => void): Transform {
  return new Transform({
    transform: (part: Buffer, _encoding, done) => {
      onReceived(part.length);
      done(null, part);
    },
  });
}

/** Puts a folder in the place of an older one, and removes what pulls of other versions have left. */
async function replace(work: string, output: string): Promise<void> {
  const [around, name] = [dirname(output), basename(output)];
  if (existsSync(output)) await rename(output, join(around, `.${name}.pull-${uniqueName()}.old`));
  await rename(work, output);
  for (const each of readdirSync(around))
    if (each.startsWith(`.${name}.pull-`)) await rm(join(around, each), { recursive: true, force: true });
}
