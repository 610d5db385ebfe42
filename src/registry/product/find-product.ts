import { Failure, sha256 } from '../../base/index.ts';
import { readDiskIndex, type DiskIndex } from '../packs/disk-index.ts';
import { readBlob } from '../remote/blobs.ts';
import { getManifest, type Descriptor, type FoundManifest } from '../remote/manifests.ts';
import type { Remote } from '../remote/remote.ts';
import { notes, types } from './media-types.ts';
import { readProductIndex, type ProductIndex } from './product-index.ts';

/** A product as a registry has it. */
export interface FoundProduct extends FoundManifest {
  readonly index: ProductIndex;
  /** By path. */
  readonly disks: ReadonlyMap<string, DiskIndex>;
}

/** In bytes; a disk of 1 TiB has an index of 110 MB. */
const largestIndex = 128 << 20;

/**
 * Reads what a registry has of a product, but for its files.
 * @param word a tag or a digest
 * @returns undefined when there is nothing under it
 * @throws Failure 'bad-manifest' when something else is, or a part of it is damaged
 */
export async function findProduct(remote: Remote, word: string): Promise<FoundProduct | undefined> {
  const found = await getManifest(remote, word);
  if (found === undefined) return undefined;
  const { manifest } = found;
  if (manifest.artifactType !== types.product)
    throw new Failure(
      'bad-manifest',
      `${remote.repository.name} ${word} is not a product: its type is ${JSON.stringify(manifest.artifactType ?? manifest.config.mediaType)}`,
    );
  const [layer] = manifest.layers.filter(({ mediaType }) => mediaType === types.productIndex);
  if (layer === undefined) throw new Failure('bad-manifest', 'the manifest of the product has no index');
  const index = readProductIndex(await readSmall(remote, layer, largestIndex));
  const disks = new Map<string, DiskIndex>();
  for (const each of manifest.layers.filter(({ mediaType }) => mediaType === types.diskIndex)) {
    const disk = readDiskIndex(await readSmall(remote, each, largestIndex));
    if (disk.path !== each.annotations?.[notes.disk])
      throw new Failure('bad-manifest', `the index of the disk ${disk.path} is listed as another's`);
    disks.set(disk.path, disk);
  }
  for (const entry of index.entries)
    if (entry.type === 'file' && entry.stored === 'disk' && !disks.has(entry.path))
      throw new Failure('bad-manifest', `the manifest of the product has no index of ${entry.path}`);
  return { ...found, index, disks };
}

/** Reads a blob into memory and checks it. @throws Failure 'bad-manifest', 'digest-mismatch' */
export async function readSmall(
  remote: Remote,
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
  most: number,
): Promise<Buffer> {
  if (size > most)
    throw new Failure('bad-manifest', `the blob ${digest} has ${size} bytes, at most ${most} are read`);
  return remote.attempt(async () => {
    const parts: Buffer[] = [];
    if (size > 0)
      for await (const part of readBlob(remote, digest, { start: 0, end: size }, size)) parts.push(part);
    const bytes = Buffer.concat(parts);
    if (`sha256:${sha256(bytes)}` === digest) return bytes;
    throw new Failure('digest-mismatch', `${remote.repository.host} gives other bytes for ${digest}`);
  });
}
