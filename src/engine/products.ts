import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readlink, rename, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { canonicalJson, sha256, type Json, type Sha256 } from '../base/index.ts';
import type { Product } from '../recipe/index.ts';
import {
  copyOut,
  readAction,
  readListing,
  sessionName,
  type ListingEntry,
  type Output,
  type Store,
} from '../store/index.ts';
import type { RunContext, UntimedEvent } from './context.ts';
import { outputOf, type Done } from './resolve.ts';

/**
 * Lays a product out in `<artifacts>/.products/<name>/<digest>` and points the link `<artifacts>/<name>` at it.
 * The files are the user's: copies (clones where the file system can), never links into the store, so that booting or
 * editing them harms nothing. A product whose files were changed since is kept beside the new one.
 */
export async function publishProduct(
  context: RunContext,
  product: Product,
  done: Done,
  artifacts: string,
): Promise<UntimedEvent> {
  const own = productEntries(context.store, product, done);
  const entries = [...own, ...(await papers(context, product, done, own))];
  const digest = sha256(canonicalJson(entries as unknown as Json));
  const home = join(artifacts, '.products', product.name, digest.slice(0, 16));
  const link = join(artifacts, product.name);
  const files = entries.flatMap((entry) =>
    entry.type === 'file' ? [{ path: entry.path, size: entry.size, digest: entry.digest }] : [],
  );
  const target = join('.products', product.name, digest.slice(0, 16));
  const path = link;
  const current = await readlink(link).catch(() => undefined);
  const whole = entries.every((entry) => entry.type === 'symlink' || existsSync(join(home, entry.path)));
  if (current === target && whole)
    return { type: 'product-published', product: product.name, path, unchanged: true, files };

  if (existsSync(home)) await restoreMissing(context.store, entries, home);
  else await layOut(context.store, entries, home);
  const newLink = `${link}.${sessionName}`;
  await symlink(target, newLink);
  await rename(newLink, link);
  if (current !== undefined && current !== target) await removeUnlessChanged(join(artifacts, current));
  return { type: 'product-published', product: product.name, path, unchanged: false, files };
}

async function layOut(store: Store, entries: readonly ListingEntry[], home: string): Promise<void> {
  const work = `${home}.${sessionName}`;
  await mkdir(work, { recursive: true });
  for (const entry of entries) {
    await mkdir(join(work, entry.path, '..'), { recursive: true });
    await copyOut(store, entry, work);
  }
  await writeFile(join(work, stampFile), JSON.stringify(await stamps(work, entries)));
  await rename(work, home);
}

/** Puts back what was deleted and leaves alone what is there: it may hold the user's work. */
async function restoreMissing(store: Store, entries: readonly ListingEntry[], home: string): Promise<void> {
  for (const entry of entries) {
    if (existsSync(join(home, entry.path))) continue;
    const whole = join(home, entry.path);
    await mkdir(join(whole, '..'), { recursive: true });
    await copyOut(store, { ...entry, path: `${entry.path}.${sessionName}` }, home);
    await rename(`${whole}.${sessionName}`, whole);
  }
}

/** What the product is to say of itself. */
async function papers(
  { store, plan }: Pick<RunContext, 'store' | 'plan'>,
  product: Product,
  done: Done,
  entries: readonly ListingEntry[],
): Promise<ListingEntry[]> {
  if (product.papers.length === 0) return [];
  const { papersOf } = await import('../provenance/index.ts');
  const made = [...product.from.values()].map(({ value }) => value.step);
  const steps = Object.fromEntries(made.map((name) => [name, done.get(name)?.key ?? '']));
  const results = Object.values(steps).flatMap((key) => readAction(store, key as Sha256) ?? []);
  const parts = { pipeline: plan.pipeline, product: product.name, steps: steps as Record<string, Sha256> };
  return papersOf(store, parts, entries, results, product.papers);
}

/** A file output lies under its own name, a directory under the name of its entry. */
export function productEntries(store: Store, product: Product, done: Done): ListingEntry[] {
  return [...product.from].flatMap(([name, { value }]) =>
    entriesOf(store, name, outputOf(done, value.step, value.output)),
  );
}

function entriesOf(store: Store, name: string, output: Output): ListingEntry[] {
  if (output.type === 'file') return [{ ...output, path: basename(output.path) }];
  const below = readListing(store, output.digest).map((entry) => ({
    ...entry,
    path: `${name}/${entry.path}`,
  }));
  return [{ type: 'directory', path: name }, ...below];
}

const stampFile = '.cidermill-product';
type Stamps = Readonly<Record<string, number>>;

/** The modification time of every file: how a later run sees whether the user has worked with the product. */
async function stamps(folder: string, entries: readonly ListingEntry[]): Promise<Stamps> {
  const files = entries.filter((entry) => entry.type === 'file');
  const times = await Promise.all(
    files.map(async ({ path }) => [path, await modified(join(folder, path))] as const),
  );
  return Object.fromEntries(times);
}

async function modified(path: string): Promise<number> {
  return (await stat(path)).mtimeMs;
}

/** Removes a product that is no longer the newest, unless the user has changed a file of it. */
async function removeUnlessChanged(folder: string): Promise<void> {
  try {
    const before = JSON.parse(readFileSync(join(folder, stampFile), 'utf8')) as Stamps;
    for (const [path, time] of Object.entries(before))
      if ((await modified(join(folder, path))) !== time) return;
    await rm(folder, { recursive: true, force: true });
  } catch {
    // Not as it was published: the user's now.
  }
}
