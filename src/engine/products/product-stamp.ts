import { lstatSync, readdirSync, readFileSync, readlinkSync, type BigIntStats } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { hashFile, sessionName, type ListingEntry } from '../../store/index.ts';

/** What is remembered of a product's file when it was published, in the product's folder. */
const stampFile = '.cidermill-product';

/**
 * A file as it was published: its digest, and what the file system says of it. Nanoseconds are text, for JSON.
 * A time alone is what was remembered before.
 */
type Stamp =
  | {
      readonly digest: string;
      readonly size: number;
      readonly modified: string;
      readonly changed: string;
      readonly inode: string;
    }
  | number;

type FileEntry = Extract<ListingEntry, { type: 'file' }>;

/** What became of a product's entries since it was published, by path. */
export interface ProductState {
  /** Not there any more. */
  readonly missing: readonly ListingEntry[];
  /** Other than they were published: the user's work, or damage. */
  readonly changed: ReadonlySet<string>;
}

/** Remembers files of a product as they are now. */
export async function writeStamps(folder: string, entries: readonly ListingEntry[]): Promise<void> {
  const stamps = readStamps(folder);
  for (const entry of entries) {
    const stat = entry.type === 'file' ? look(join(folder, entry.path)) : undefined;
    if (entry.type === 'file' && stat !== undefined) stamps.set(entry.path, stampOf(entry, stat));
  }
  const work = join(folder, `${stampFile}.${sessionName}`);
  await writeFile(work, JSON.stringify(Object.fromEntries(stamps)));
  await rename(work, join(folder, stampFile));
}

/**
 * Compares a product with what it was published as. Nothing is read of a file that the file system says nobody has
 * touched; one whose inode alone is another, as after a backup, is hashed.
 */
export async function productState(folder: string, entries: readonly ListingEntry[]): Promise<ProductState> {
  const stamps = readStamps(folder);
  const missing: ListingEntry[] = [];
  const changed = new Set<string>();
  const moved: ListingEntry[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.path);
    const stat = look(path);
    if (stat === undefined) missing.push(entry);
    else if (entry.type === 'directory') {
      if (!stat.isDirectory()) changed.add(entry.path);
    } else if (entry.type === 'symlink') {
      if (!stat.isSymbolicLink() || readlinkSync(path) !== entry.target) changed.add(entry.path);
    } else {
      const verdict = await fileState(path, entry, stat, stamps.get(entry.path));
      if (verdict === 'changed') changed.add(entry.path);
      if (verdict === 'moved') moved.push(entry);
    }
  }
  // Where it cannot be remembered, the next look is slower and no worse.
  if (moved.length > 0) await writeStamps(folder, moved).catch(() => undefined);
  return { missing, changed };
}

/** Is every file of a product as its stamps say? False for one whose stamps are gone. */
export async function isUntouched(folder: string): Promise<boolean> {
  const entries = [...readStamps(folder)].flatMap(([path, stamp]): ListingEntry[] => {
    if (typeof stamp === 'number') return [];
    const executable = ((look(join(folder, path))?.mode ?? 0n) & 0o111n) !== 0n;
    return [
      { type: 'file', path, digest: stamp.digest as FileEntry['digest'], size: stamp.size, executable },
    ];
  });
  if (entries.length === 0) return false;
  const { missing, changed } = await productState(folder, entries);
  return missing.length === 0 && changed.size === 0;
}

/** Has a product no file beside those that were published? */
export function hasOnlyStamped(folder: string): boolean {
  const stamps = readStamps(folder);
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .every((path) => path === stampFile || stamps.has(path));
}

async function fileState(
  path: string,
  entry: FileEntry,
  stat: BigIntStats,
  stamp: Stamp | undefined,
): Promise<'same' | 'moved' | 'changed'> {
  const executable = (stat.mode & 0o111n) !== 0n;
  if (!stat.isFile() || stat.size !== BigInt(entry.size) || executable !== entry.executable) return 'changed';
  if (stamp !== undefined && typeof stamp !== 'number' && stamp.digest === entry.digest) {
    if (stamp.modified !== String(stat.mtimeNs)) return 'changed';
    if (stamp.changed === String(stat.ctimeNs) && stamp.inode === String(stat.ino)) return 'same';
  }
  return (await hashFile(path)).digest === entry.digest ? 'moved' : 'changed';
}

function stampOf({ digest }: FileEntry, stat: BigIntStats): Stamp {
  return {
    digest,
    size: Number(stat.size),
    modified: String(stat.mtimeNs),
    changed: String(stat.ctimeNs),
    inode: String(stat.ino),
  };
}

function readStamps(folder: string): Map<string, Stamp> {
  try {
    const stamps: unknown = JSON.parse(readFileSync(join(folder, stampFile), 'utf8'));
    return new Map(
      typeof stamps === 'object' && stamps !== null ? Object.entries(stamps as Record<string, Stamp>) : [],
    );
  } catch {
    return new Map();
  }
}

function look(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}
