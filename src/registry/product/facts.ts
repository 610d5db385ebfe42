import { chunkLength, packsOf, viewDigest } from '../packs/disk-index.ts';
import type { FoundProduct } from './find-product.ts';
import { notes } from './media-types.ts';

/** What can be said of a product without its files. Sizes are in bytes. */
export interface ProductFacts {
  readonly product: string;
  /** Of the manifest. */
  readonly digest: string;
  /** The step that it has passed, or "none". */
  readonly gate: string;
  /** What its pusher said that it holds. */
  readonly contains?: string;
  readonly files: readonly { readonly path: string; readonly size: number; readonly sha256: string }[];
  readonly disks: readonly {
    readonly path: string;
    readonly size: number;
    /** Of chunks that are not zero. */
    readonly used: number;
    readonly packs: number;
    readonly digest: string;
  }[];
  readonly layers: number;
  /** Of all layers. */
  readonly stored: number;
}

export function productFacts({ digest, manifest, index, disks }: FoundProduct): ProductFacts {
  const { annotations = {}, layers } = manifest;
  const contains = annotations[notes.origin];
  return {
    product: index.product,
    digest,
    gate: annotations[notes.gate] ?? 'none',
    ...(contains !== undefined && { contains }),
    files: index.entries.flatMap((entry) =>
      entry.type === 'file' ? [{ path: entry.path, size: entry.size, sha256: entry.sha256 }] : [],
    ),
    disks: [...disks.values()].map(({ path, size, chunks }) => ({
      path,
      size,
      used: chunks.reduce((sum, { number }) => sum + chunkLength(size, number), 0),
      packs: packsOf(chunks).length,
      digest: viewDigest(size, chunks),
    })),
    layers: layers.length,
    stored: layers.reduce((sum, { size }) => sum + size, 0),
  };
}
