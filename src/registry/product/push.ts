import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import PQueue from 'p-queue';
import { Failure, uniqueName, type Sha256 } from '../../base/index.ts';
import { hashFile } from '../../store/index.ts';
import { canonicalDigest } from '../packs/canonical-digest.ts';
import { packsOf, viewDigest, writeDiskIndex, type DiskIndex } from '../packs/disk-index.ts';
import { openView, scanView } from '../packs/disk-view.ts';
import { makePacks } from '../packs/make-packs.ts';
import { knownChunks, worthReusing, type Known } from '../packs/reuse.ts';
import { hasRemoteBlob } from '../remote/blobs.ts';
import { mediaTypes, putManifest, type Descriptor, type Manifest } from '../remote/manifests.ts';
import type { Remote } from '../remote/remote.ts';
import { atOnce, Sender } from '../remote/sender.ts';
import type { FoundProduct } from './find-product.ts';
import { fileType, isPaper, notes, types } from './media-types.ts';
import { writeProductIndex, type ProductEntry } from './product-index.ts';
import { packTree, treeEntries, type Part } from './read-folder.ts';
import { attachPapers } from './referrers.ts';

export interface PushOptions {
  readonly product: string;
  readonly parts: readonly Part[];
  readonly tag: string;
  /** The version before it, whose packs are used again. */
  readonly before: FoundProduct | undefined;
  /** Path → the digest that the product's papers name: such a file is pushed as it is, or not at all. */
  readonly stated: ReadonlyMap<string, string>;
  /** Of the manifest. */
  readonly annotations: Readonly<Record<string, string>>;
  /** An empty folder for what is to be sent, on a disk with room for some 500 MB. */
  readonly folder: string;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/** What a push did, in bytes and numbers. */
export interface Pushed {
  readonly digest: string;
  /** Bytes of blobs that went out. */
  readonly sent: number;
  /** Bytes of blobs that the registry had. */
  readonly present: number;
  readonly layers: number;
  readonly papers: number;
  /** By path: the digest of the disk, and whether the file was written in canonical form. */
  readonly disks: readonly { readonly path: string; readonly digest: Sha256; readonly rewritten: boolean }[];
}

/**
 * Pushes a product: its blobs, then the manifest that names them, then its papers as referrers. The same product after the
 * same version before makes the same manifest.
 * @throws Failure of the registry; 'file-changed'
 */
export async function pushProduct(remote: Remote, options: PushOptions): Promise<Pushed> {
  const { product, parts, before, stated, folder, signal } = options;
  const sender = new Sender(remote);
  const layers: Descriptor[] = [];
  const entries: ProductEntry[] = [];
  const disks: { path: string; digest: Sha256; rewritten: boolean }[] = [];
  const known = await presentChunks(remote, before);
  for (const part of parts) {
    signal?.throwIfAborted();
    if (part.kind === 'tree') {
      const archive = join(folder, `${uniqueName()}.tar.gz`);
      const inside = await treeEntries(part.path, part.folder);
      for (const each of inside) if (each.type === 'file') checkStated(stated, each.path, each.sha256);
      entries.push(...inside);
      const { digest, size, unpacked } = await packTree(part.path, part.folder, archive);
      await sender.send({ digest: `sha256:${digest}`, size, content: archive }, () => rm(archive));
      const annotations = {
        [notes.title]: part.path,
        [notes.unpack]: 'true',
        [notes.unpacked]: `sha256:${unpacked}`,
      };
      layers.push({ mediaType: types.tree, digest: `sha256:${digest}`, size, annotations });
    } else if (part.kind === 'file') {
      const { digest, size } = await hashFile(part.file, { signal });
      const { path, executable } = part;
      checkStated(stated, path, digest);
      entries.push({ type: 'file', path, size, sha256: digest, executable, stored: 'layer' });
      await sender.send({ digest: `sha256:${digest}`, size, content: part.file });
      layers.push(fileLayer(path, digest, size));
    } else {
      const disk = await pushDisk(part, known, sender, options);
      const { path, executable } = part;
      entries.push({ type: 'file', path, ...disk.file, executable, stored: 'disk' });
      disks.push({ path, digest: viewDigest(disk.index.size, disk.index.chunks), rewritten: disk.rewritten });
      layers.push(
        await sender.sendBytes(writeDiskIndex(disk.index), types.diskIndex, { [notes.disk]: path }),
      );
      for (const { digest, size } of packsOf(disk.index.chunks))
        layers.push({ mediaType: types.pack, digest, size });
    }
  }
  const index = await sender.sendBytes(writeProductIndex({ product, entries }), types.productIndex);
  const config = await sender.sendBytes(Buffer.from('{}'), mediaTypes.empty);
  await sender.done();
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType: types.product,
    config: { ...config, mediaType: mediaTypes.empty },
    layers: distinct([index, ...layers]),
    annotations: options.annotations,
  };
  const body = Buffer.from(JSON.stringify(manifest));
  const { digest, size } = await putManifest(remote, options.tag, body, mediaTypes.manifest);
  const subject = { mediaType: mediaTypes.manifest, digest, size, artifactType: types.product };
  const papers = layers.filter(({ annotations }) => isPaper(annotations?.[notes.title] ?? ''));
  await attachPapers(remote, subject, config, papers);
  const { sent, present } = sender;
  return { digest, sent, present, layers: manifest.layers.length, papers: papers.length, disks };
}

function fileLayer(path: string, digest: Sha256, size: number): Descriptor {
  return {
    mediaType: fileType(path),
    digest: `sha256:${digest}`,
    size,
    annotations: { [notes.title]: path },
  };
}

/** Two files may be the same, and disks may share packs; a title is told for each. */
function distinct(layers: readonly Descriptor[]): Descriptor[] {
  return [...new Map(layers.map((each) => [JSON.stringify([each.digest, each.annotations]), each])).values()];
}

/** The chunks of the version before, in packs that the repository still has. */
async function presentChunks(remote: Remote, before: FoundProduct | undefined): Promise<Known> {
  const indexes = [...(before?.disks.values() ?? [])];
  const packs = new Map(indexes.flatMap(({ chunks }) => packsOf(chunks)).map((pack) => [pack.digest, pack]));
  const queue = new PQueue({ concurrency: atOnce });
  const gone = new Set<string>();
  await queue.addAll(
    [...packs.keys()].map((digest) => async () => {
      if (!(await hasRemoteBlob(remote, digest))) gone.add(digest);
    }),
  );
  return new Map([...knownChunks(indexes)].filter(([, { pack }]) => !gone.has(pack.digest)));
}

async function pushDisk(
  { path, file }: Extract<Part, { kind: 'disk' }>,
  known: Known,
  sender: Sender,
  { stated, folder, signal, onProgress }: PushOptions,
): Promise<{
  readonly index: DiskIndex;
  readonly file: { readonly size: number; readonly sha256: Sha256 };
  readonly rewritten: boolean;
}> {
  const { as, digest: own } = await formOf(path, file, stated, signal);
  const view = await openView(file, as);
  try {
    const hash = view.view === 'file' ? createHash('sha256') : undefined;
    const onChunk = hash === undefined ? undefined : (bytes: Buffer): void => void hash.update(bytes);
    const scan = await scanView(view, { signal, onProgress, onChunk });
    const digest = hash?.digest('hex') as Sha256 | undefined;
    if (digest !== undefined) checkStated(stated, path, digest);
    const whole = digest === undefined ? await canonicalDigest(view, scan) : { size: view.size, digest };
    const reused = worthReusing(known, new Set(scan.chunks.map((chunk) => chunk.digest)));
    const chunks = await makePacks(view, scan, reused, {
      folder,
      signal,
      onPack: (pack, packFile) =>
        sender.send({ digest: pack.digest, size: pack.size, content: packFile }, () => rm(packFile)),
    });
    return {
      index: { path, view: view.view, size: view.size, chunks },
      file: { size: whole.size, sha256: whole.digest },
      rewritten: view.view === 'qcow2' && own !== whole.digest,
    };
  } finally {
    await view.close();
  }
}

/** A qcow2 image that papers name by its digest and that is not in canonical form is taken as bytes. */
async function formOf(
  path: string,
  file: string,
  stated: ReadonlyMap<string, string>,
  signal: AbortSignal | undefined,
): Promise<{ readonly as?: 'file'; readonly digest?: Sha256 }> {
  const view = await openView(file);
  try {
    if (view.view === 'file') return { as: 'file' };
    const { digest } = await hashFile(file, { signal });
    checkStated(stated, path, digest);
    if (!stated.has(path)) return { digest };
    const canonical = await canonicalDigest(view, await scanView(view, { signal }));
    return canonical.digest === digest ? { digest } : { as: 'file' };
  } finally {
    await view.close();
  }
}

/** @throws Failure 'altered' when a file is not what the papers say */
function checkStated(stated: ReadonlyMap<string, string>, path: string, digest: string): void {
  const said = stated.get(path);
  if (said === undefined || said === digest) return;
  throw new Failure(
    'altered',
    `${path} is not what the papers of the product say: its sha256 is ${digest}, not ${said}`,
    {
      hint: 'A disk that was used is made a product of its own by `cidermill seal`; or run the pipeline again.',
    },
  );
}
