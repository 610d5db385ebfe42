import { FormatError } from '../../base/index.ts';
import { compareSides, diskSide, type Change, type CompareOptions } from '../../difference/index.ts';
import { ChunkCache, remoteDisk } from '../packs/remote-disk.ts';
import type { Remote } from '../remote/remote.ts';
import type { ProductChange } from './compare-products.ts';
import type { FoundProduct } from './find-product.ts';

/** A product in a registry, and the connection to it. */
export interface RemoteProduct {
  readonly remote: Remote;
  readonly found: FoundProduct;
}

/**
 * Says of each disk that changed which files on it did. Of what is the same in both, no chunk is fetched but those that
 * say what there is: the partition map, and the catalogs of the volumes.
 */
export async function withFilesOnDisks(
  changes: readonly ProductChange[],
  a: RemoteProduct,
  b: RemoteProduct,
  options: CompareOptions,
): Promise<ProductChange[]> {
  const detailed: ProductChange[] = [];
  for (const change of changes) {
    const inside = change.part === 'disks' ? await filesOn(change.name, a, b, options) : [];
    detailed.push(inside.length === 0 ? change : { ...change, inside });
  }
  return detailed;
}

async function filesOn(
  path: string,
  a: RemoteProduct,
  b: RemoteProduct,
  options: CompareOptions,
): Promise<Change[]> {
  const cache = new ChunkCache();
  const side = async ({ remote, found }: RemoteProduct) => {
    const disk = found.disks.get(path);
    return disk && (await diskSide(remoteDisk(remote, disk, cache, { signal: options.signal })));
  };
  try {
    const [one, other] = [await side(a), await side(b)];
    return one === undefined || other === undefined ? [] : await compareSides(one, other, options);
  } catch (error) {
    // A disk that holds no volume, or a damaged one: it is told by its bytes alone.
    if (error instanceof FormatError) return [];
    throw error;
  }
}
