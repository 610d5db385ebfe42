import { Failure } from '../../base/index.ts';
import { listTags } from '../remote/manifests.ts';
import type { Remote } from '../remote/remote.ts';
import { findProduct, type FoundProduct } from './find-product.ts';
import { isPaperTag } from './referrers.ts';

const inOrder = new Intl.Collator('en', { numeric: true });

/**
 * The version whose packs a new one uses again: what the tag holds now; else what the last tag before it holds, as people
 * order versions; else what the first one after it holds.
 * @returns undefined where the repository has no product
 */
export async function versionBefore(remote: Remote, tag: string): Promise<FoundProduct | undefined> {
  const own = await productAt(remote, tag);
  if (own !== undefined) return own;
  const tags = (await listTags(remote)).filter((each) => !isPaperTag(each)).sort(inOrder.compare);
  const before = tags.filter((each) => inOrder.compare(each, tag) < 0).toReversed();
  const after = tags.filter((each) => inOrder.compare(each, tag) > 0);
  for (const candidate of [...before, ...after].slice(0, mostTried)) {
    const found = await productAt(remote, candidate);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** A repository may have many tags that are no products. */
const mostTried = 8;

async function productAt(remote: Remote, tag: string): Promise<FoundProduct | undefined> {
  return findProduct(remote, tag).catch((error: unknown) => {
    if (error instanceof Failure && error.code === 'bad-manifest') return undefined;
    throw error;
  });
}
