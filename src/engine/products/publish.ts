import { existsSync } from 'node:fs';
import { mkdir, rename, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { canonicalJson, Failure, sha256 } from '../../base/index.ts';
import { paperFiles, type Product } from '../../recipe/index.ts';
import {
  copyOut,
  type ActionResult,
  hasBlob,
  putBytes,
  readAction,
  removeFolder,
  sessionName,
  type ListingEntry,
  type Store,
} from '../../store/index.ts';
import type { RunContext, UntimedEvent } from '../context.ts';
import type { ProductEntry } from '../events.ts';
import { indexPage } from './index-page.ts';
import { productEntries, productFiles } from './product-entries.ts';
import { productPlace, sweepProduct, withProducts } from './product-place.ts';
import { productState, writeStamps, type ProductState } from './product-stamp.ts';
import type { Done } from '../resolve.ts';

/**
 * Lays a product out in `<artifacts>/.products/<name>/<digest>` and points the link `<artifacts>/<name>` at it.
 * The files are the user's: copies (clones where the file system can), never links into the store, so that booting or
 * editing them harms nothing. A product whose files were changed since is kept, beside the new one if there is one.
 * @param hold keeps the garbage collector away; called before bytes are moved
 * @param drifted step → how its sources differ from what is pinned
 * @throws DamagedBlob; Failure 'product-path-taken', 'cannot-write'
 */
export async function publishProduct(
  context: RunContext,
  product: Product,
  done: Done,
  artifacts: string,
  hold: () => Promise<unknown>,
  drifted: ReadonlyMap<string, readonly string[]> = new Map(),
): Promise<UntimedEvent> {
  const { store } = context;
  const own = productFiles(store, product, done);
  const named = productEntries(store, context.plan, product, (step) => done.get(step));
  const entries = [...own, ...(await papers(context, product, done, own, named, drifted))];
  const name = sha256(canonicalJson(entries)).slice(0, 16);
  const target = join('.products', product.name, name);
  const published = (unchanged: boolean, { changed }: Pick<ProductState, 'changed'>): UntimedEvent => ({
    type: 'product-published',
    product: product.name,
    path: join(artifacts, product.name),
    unchanged,
    entries: named,
    next: product.next,
    files: entries.flatMap((entry) => {
      if (entry.type !== 'file') return [];
      const { path, size, digest } = entry;
      return [changed.has(path) ? { path, size, changed: true } : { path, size, digest }];
    }),
  });
  const { current, folder } = productPlace(artifacts, product.name);
  const home = join(folder, name);
  if (current === target) {
    const state = await productState(home, entries);
    if (state.missing.length === 0) return published(true, state);
  }
  await hold();
  try {
    return await withProducts(artifacts, async () => {
      await mkdir(folder, { recursive: true });
      const state = existsSync(home) ? await productState(home, entries) : undefined;
      if (state === undefined) await layOut(store, entries, folder, home);
      else await restore(store, state.missing, folder, home);
      const place = productPlace(artifacts, product.name);
      if (place.current !== target) await swing(place.link, target, folder);
      await sweepProduct(folder, name);
      return published(false, state ?? { changed: new Set() });
    });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof Failure || code === undefined) throw error;
    throw new Failure('cannot-write', `the product ${product.name} cannot be written to ${folder}`, {
      cause: error,
    });
  }
}

/** Appears by rename when it is whole, on the disk as well. */
async function layOut(
  store: Store,
  entries: readonly ListingEntry[],
  folder: string,
  home: string,
): Promise<void> {
  const work = join(folder, `new.${sessionName}`);
  try {
    await mkdir(work);
    for (const entry of entries) {
      await mkdir(dirname(join(work, entry.path)), { recursive: true });
      await copyOut(store, entry, work);
    }
    await writeStamps(work, entries);
    await rename(work, home);
  } finally {
    await removeFolder(work);
  }
}

/** Puts back what was deleted and leaves alone what is there: it may hold the user's work. */
async function restore(
  store: Store,
  missing: readonly ListingEntry[],
  folder: string,
  home: string,
): Promise<void> {
  if (missing.length === 0) return;
  const work = join(folder, `restored.${sessionName}`);
  try {
    await mkdir(work);
    for (const entry of missing) {
      await mkdir(dirname(join(home, entry.path)), { recursive: true });
      if (entry.type === 'directory') await mkdir(join(home, entry.path), { recursive: true });
      else {
        await copyOut(store, { ...entry, path: 'entry' }, work);
        await rename(join(work, 'entry'), join(home, entry.path));
      }
    }
    await writeStamps(home, missing);
  } finally {
    await removeFolder(work);
  }
}

/** Points the product's link at another content, in one step. */
async function swing(link: string, target: string, folder: string): Promise<void> {
  const work = join(folder, `link.${sessionName}`);
  await symlink(target, work);
  try {
    await rename(work, link);
  } finally {
    await removeFolder(work);
  }
}

/** What the product is to say of itself. */
async function papers(
  context: Pick<RunContext, 'store' | 'plan' | 'sources'>,
  product: Product,
  done: Done,
  entries: readonly ListingEntry[],
  named: readonly ProductEntry[],
  drifted: ReadonlyMap<string, readonly string[]>,
): Promise<ListingEntry[]> {
  if (product.papers.length === 0) return [];
  // An index alone is no reason to load all that makes statements: it would cost a no-op run a sixth more.
  if (product.papers.every((kind) => kind === 'index')) {
    const text = Buffer.from(indexPage(context.plan, product, named));
    const blob = { digest: sha256(text), size: text.length };
    if (!hasBlob(context.store, blob.digest, blob.size)) await putBytes(context.store, text);
    return [{ type: 'file', path: paperFiles.index, ...blob, executable: false }];
  }
  const { papersOf } = await import('../../provenance/index.ts');
  const { describeProduct, driftOf } = await import('./product-parts.ts');
  const resultOf = (name: string): ActionResult | undefined => {
    const key = done.get(name)?.key;
    return key === undefined ? undefined : readAction(context.store, key);
  };
  const { parts, artifacts, index } = await describeProduct(context, product, resultOf);
  const own = [...product.from.values()].map(({ value }) => value.step);
  const said = { ...parts, ...driftOf(context.plan, own, drifted) };
  return papersOf(context.store, said, entries, artifacts, product.papers, index);
}
