import { Failure, isRecord, isSha256, type Sha256 } from '../../base/index.ts';

/** How a file's bytes lie in the repository: a blob of its own, in the archive of its top folder, or as a disk. */
export type Stored = 'layer' | 'tree' | 'disk';

export type ProductEntry =
  | { readonly type: 'directory'; readonly path: string }
  | { readonly type: 'symlink'; readonly path: string; readonly target: string }
  | {
      readonly type: 'file';
      readonly path: string;
      readonly size: number;
      readonly sha256: Sha256;
      readonly executable: boolean;
      readonly stored: Stored;
    };

/** All that a product is made of. */
export interface ProductIndex {
  readonly product: string;
  /** By path. */
  readonly entries: readonly ProductEntry[];
}

const [mostEntries, longestPath, longestName] = [200_000, 3072, 255];

/** Writes the index: the same bytes for the same product. */
export function writeProductIndex({ product, entries }: ProductIndex): Buffer {
  const rows = sorted(entries).map((entry) => JSON.stringify(entry));
  return Buffer.from(`{"form":1,"product":${JSON.stringify(product)},"entries":[\n${rows.join(',\n')}\n]}\n`);
}

/**
 * Reads an index from a registry, where anyone may have written it. Its paths stay in the product's folder, each is there
 * once, lies in a folder of the index, and goes through no link.
 * @throws Failure 'bad-manifest'
 */
export function readProductIndex(bytes: Buffer): ProductIndex {
  const fail = (why: string): never => {
    throw new Failure('bad-manifest', `the index of the product is damaged: ${why}`);
  };
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    return fail('it is not JSON');
  }
  if (!isRecord(value) || value['form'] !== 1) return fail('it has a form that this cidermill does not know');
  const { product, entries } = value;
  if (typeof product !== 'string' || !Array.isArray(entries)) return fail('it names no files');
  if (entries.length > mostEntries) return fail(`it has ${entries.length} entries`);
  const read = entries.map(
    (each: unknown) => entryOf(each) ?? fail(`the entry ${shown(each)} is not allowed`),
  );
  const folders = new Set(['']);
  const seen = new Set<string>();
  for (const { type, path } of sorted(read)) {
    const above = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
    if (seen.has(path)) return fail(`it has ${shown(path)} twice`);
    if (!folders.has(above)) return fail(`${shown(path)} is in no folder of it`);
    seen.add(path);
    if (type === 'directory') folders.add(path);
  }
  for (const entry of read) {
    const isBelow = entry.path.includes('/');
    if (entry.type === 'file' && (entry.stored === 'tree') !== isBelow)
      return fail(`${shown(entry.path)} is not stored as files of its folder are`);
    if (entry.type === 'symlink' && !isBelow)
      return fail(`${shown(entry.path)} is a link outside of a folder`);
  }
  return { product, entries: read };
}

function entryOf(value: unknown): ProductEntry | undefined {
  if (!isRecord(value)) return undefined;
  const { type, path, target, size, sha256, executable, stored } = value;
  if (typeof path !== 'string' || !isPath(path)) return undefined;
  if (type === 'directory') return { type, path };
  if (type === 'symlink')
    return typeof target === 'string' && target !== '' && !target.includes('\0')
      ? { type, path, target }
      : undefined;
  if (type !== 'file' || typeof sha256 !== 'string' || !isSha256(sha256)) return undefined;
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return undefined;
  if (typeof executable !== 'boolean') return undefined;
  if (stored !== 'layer' && stored !== 'tree' && stored !== 'disk') return undefined;
  return { type, path, size, sha256, executable, stored };
}

function isPath(path: string): boolean {
  if (Buffer.byteLength(path) > longestPath || path.includes('\0')) return false;
  const parts = path.split('/');
  return parts.every(
    (part) => part !== '' && part !== '.' && part !== '..' && Buffer.byteLength(part) <= longestName,
  );
}

function sorted<T extends { readonly path: string }>(entries: readonly T[]): T[] {
  return entries.toSorted((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

function shown(value: unknown): string {
  return JSON.stringify(value).slice(0, 200);
}
