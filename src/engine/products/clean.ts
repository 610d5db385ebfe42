import { existsSync, lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { removeFolder } from '../../store/index.ts';
import { hasOnlyStamped, isUntouched } from './product-stamp.ts';
import { withProducts } from './product-place.ts';

/** What became, or would become, of the products of a project. */
export interface Cleaned {
  /** Names of products, sorted. */
  readonly removed: readonly string[];
  /** Products in which somebody changed or added files. */
  readonly kept: readonly string[];
  /** Bytes that are, or would be, free. */
  readonly bytes: number;
}

/**
 * Removes products that a run has published and that nobody has changed since: their links in `artifacts/`, and what
 * those lead to. All else in there is left alone, and the store is not touched: the next run publishes them again.
 * @param artifacts absolute: the folder with one link per product
 */
export async function cleanProducts(artifacts: string, dryRun: boolean): Promise<Cleaned> {
  const home = join(artifacts, '.products');
  if (!existsSync(home)) return { removed: [], kept: [], bytes: 0 };
  return withProducts(artifacts, async () => {
    const removed: string[] = [];
    const kept: string[] = [];
    let bytes = 0;
    for (const name of folders(home)) {
      const contents = folders(join(home, name)).map((content) => join(home, name, content));
      const own = await eachThat(
        contents,
        async (folder) => (await isUntouched(folder)) && hasOnlyStamped(folder),
      );
      bytes += own.reduce((sum, folder) => sum + sizeOf(folder), 0);
      if (own.length < contents.length) kept.push(name);
      else removed.push(name);
      if (dryRun) continue;
      // The link first: one that leads nowhere would be taken for damage.
      if (own.length === contents.length && isLinkOf(artifacts, name)) await rm(join(artifacts, name));
      for (const folder of own) if (!isCurrent(artifacts, name, folder)) await removeFolder(folder);
      if (own.length === contents.length) await rmdir(join(home, name)).catch(() => undefined);
    }
    return { removed, kept, bytes };
  });
}

async function eachThat(
  all: readonly string[],
  holds: (folder: string) => Promise<boolean>,
): Promise<string[]> {
  const found: string[] = [];
  for (const folder of all) if (await holds(folder)) found.push(folder);
  return found;
}

function isLinkOf(artifacts: string, name: string): boolean {
  const link = join(artifacts, name);
  if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return false;
  return readlinkSync(link).startsWith(join('.products', name, '/'));
}

/** Does the product's link still lead there? */
function isCurrent(artifacts: string, name: string, folder: string): boolean {
  return isLinkOf(artifacts, name) && join(artifacts, readlinkSync(join(artifacts, name))) === folder;
}

function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + lstatSync(join(entry.parentPath, entry.name)).size, 0);
}

function folders(path: string): string[] {
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}
