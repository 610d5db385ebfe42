import { createHash } from 'node:crypto';
import { FormatError } from '../../base/index.ts';
import { firstDifference } from '../first-difference.ts';
import { locateDifference } from '../locate.ts';
import { differingLines, textOf } from './lines.ts';
import { sideWithin, type SideOptions } from './open-side.ts';
import type { Content, OpenContent, ReadableContent, Side, SideEntry } from './side.ts';

/** What is compared of an entry beside its kind and what it has. */
export type Aspect = 'mode' | 'owner' | 'dates' | 'attributes' | 'partitions';

/** One path that is not the same on both sides. */
export interface Change {
  readonly path: string;
  readonly change: 'added' | 'removed' | 'changed';
  /** On the second side; of what was removed, on the first. */
  readonly kind: SideEntry['kind'];
  readonly fields?: readonly FieldChange[];
  /** Of text: the lines that differ. */
  readonly lines?: readonly string[];
  /** Of other bytes: the way to the first that differ, from the file inwards, and their offset in the innermost part. */
  readonly where?: { readonly trail: readonly string[]; readonly at: number };
  /** Of an image, package or archive: what differs in it. */
  readonly inside?: readonly Change[];
}

export interface FieldChange {
  readonly field: string;
  readonly from: string;
  readonly to: string;
}

export interface CompareOptions extends SideOptions {
  readonly ignore: ReadonlySet<Aspect>;
}

/** How deep images and archives are opened in one another; of how many files it is looked for where they differ. */
const [deepest, mostDetailed] = [4, 200];
/** Texts up to this many bytes are compared by lines; files up to the second one are opened for what is in them. */
const [largestText, largestInner] = [256 << 10, 4 * 2 ** 30];
/** Files are compared so many at a time. */
const atOnce = 8;

/** Everything that differs between two sides, in the order of paths. */
export async function compareSides(a: Side, b: Side, options: CompareOptions, depth = 0): Promise<Change[]> {
  const changes: Change[] = [];
  const both: { path: string; one: SideEntry; other: SideEntry }[] = [];
  for (const [path, one] of a.entries) {
    const other = b.entries.get(path);
    if (other !== undefined) both.push({ path, one, other });
    else if (!isIgnored(one, options)) changes.push({ path, change: 'removed', kind: one.kind });
  }
  for (const [path, entry] of b.entries)
    if (!a.entries.has(path) && !isIgnored(entry, options))
      changes.push({ path, change: 'added', kind: entry.kind });
  // In the order in which the first side has them on its medium.
  both.sort((x, y) => placeOf(x.one) - placeOf(y.one));
  const detailed = { left: mostDetailed };
  const queue = both.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const { path, one, other } of queue) {
        options.signal?.throwIfAborted();
        if (isIgnored(one, options)) continue;
        const change = await compareEntries(path, one, other, options, depth, detailed);
        if (change !== undefined) changes.push(change);
      }
    }),
  );
  return changes.sort((x, y) => (x.path < y.path ? -1 : 1));
}

function isIgnored({ kind }: SideEntry, { ignore }: CompareOptions): boolean {
  return ignore.has('partitions') && (kind === 'partition' || kind === 'volume');
}

function placeOf({ content }: SideEntry): number {
  return content?.kind === 'bytes' ? (content.at ?? 0) : 0;
}

async function compareEntries(
  path: string,
  one: SideEntry,
  other: SideEntry,
  options: CompareOptions,
  depth: number,
  detailed: { left: number },
): Promise<Change | undefined> {
  const changed = { path, change: 'changed', kind: other.kind } as const;
  if (one.kind !== other.kind)
    return { ...changed, fields: [{ field: 'kind', from: one.kind, to: other.kind }] };
  const fields = fieldChanges(one, other, options.ignore);
  if (
    !options.ignore.has('attributes') &&
    one.attributes !== undefined &&
    other.attributes !== undefined &&
    one.attributes.size + other.attributes.size > 0
  )
    fields.push(...(await attributeChanges(one.attributes, other.attributes)));
  const [mine, theirs] = [one.content, other.content];
  if (mine === undefined || theirs === undefined || (await isSame(mine, theirs)))
    return fields.length === 0 ? undefined : { ...changed, fields };
  fields.push({ field: 'data', from: `${mine.size} bytes`, to: `${theirs.size} bytes` });
  if (mine.kind !== 'bytes' || theirs.kind !== 'bytes' || detailed.left <= 0) return { ...changed, fields };
  detailed.left -= 1;
  return { ...changed, fields, ...(await detailsOf(path, mine, theirs, options, depth)) };
}

function fieldChanges(one: SideEntry, other: SideEntry, ignore: ReadonlySet<Aspect>): FieldChange[] {
  const fields: FieldChange[] = [];
  const add = (field: string, from: string | undefined, to: string | undefined): void => {
    if (from !== undefined && to !== undefined && from !== to) fields.push({ field, from, to });
  };
  const addNumber = (
    field: 'mode' | 'owner' | 'group' | 'modified',
    words: (value: number) => string,
  ): void => {
    const [from, to] = [one[field], other[field]];
    if (from !== undefined && to !== undefined && from !== to) add(field, words(from), words(to));
  };
  if (!ignore.has('mode')) addNumber('mode', (mode) => mode.toString(8).padStart(4, '0'));
  if (!ignore.has('owner')) for (const field of ['owner', 'group'] as const) addNumber(field, String);
  if (!ignore.has('dates')) addNumber('modified', (seconds) => new Date(seconds * 1000).toISOString());
  add('target', one.target, other.target);
  if (one.facts !== undefined)
    for (const [name, fact] of Object.entries(one.facts)) add(name, fact, other.facts?.[name]);
  return fields;
}

async function attributeChanges(
  mine: ReadonlyMap<string, Content>,
  theirs: ReadonlyMap<string, Content>,
): Promise<FieldChange[]> {
  const fields: FieldChange[] = [];
  const words = (content?: Content): string => (content === undefined ? 'none' : `${content.size} bytes`);
  for (const name of new Set([...mine.keys(), ...theirs.keys()])) {
    const [one, other] = [mine.get(name), theirs.get(name)];
    if (one !== undefined && other !== undefined && (await isSame(one, other))) continue;
    fields.push({ field: `attribute ${name}`, from: words(one), to: words(other) });
  }
  return fields;
}

/** Sizes first, then places; bytes are read, and digests made, only where both leave it open. */
async function isSame(one: Content, other: Content): Promise<boolean> {
  if (one.size !== other.size) return false;
  if (one.size === 0) return true;
  if (one.kind === 'bytes' && other.kind === 'bytes') {
    if (one.place !== undefined && one.place === other.place) return true;
    return withBoth(one, other, async (a, b) => (await firstDifference(a, b)) === undefined);
  }
  const [mine, theirs] = [await digestOf(one), await digestOf(other)];
  return mine === theirs;
}

async function digestOf(content: Content): Promise<string> {
  if (content.kind === 'digest') return content.digest;
  const source = await content.open();
  try {
    const hash = createHash('sha256');
    for (let at = 0; at < source.size; at += 1 << 20)
      hash.update(await source.read(at, Math.min(1 << 20, source.size - at)));
    return hash.digest('hex');
  } finally {
    await source.close?.();
  }
}

async function withBoth<T>(
  one: ReadableContent,
  other: ReadableContent,
  use: (a: OpenContent, b: OpenContent) => Promise<T>,
): Promise<T> {
  const a = await one.open();
  try {
    const b = await other.open();
    try {
      return await use(a, b);
    } finally {
      await b.close?.();
    }
  } finally {
    await a.close?.();
  }
}

/** What is in the file, else its lines, else the place of the first difference. */
function detailsOf(
  path: string,
  mine: ReadableContent,
  theirs: ReadableContent,
  options: CompareOptions,
  depth: number,
): Promise<Pick<Change, 'inside' | 'lines' | 'where'>> {
  return withBoth(mine, theirs, async (a, b) => {
    if (depth < deepest && Math.max(a.size, b.size) <= largestInner) {
      try {
        const one = await sideWithin(mine, path, a, options);
        const other = one && (await sideWithin(theirs, path, b, options));
        if (one !== undefined && other !== undefined) {
          const inside = await compareSides(one, other, options, depth + 1);
          // Where it holds the same the difference is in how it is packed.
          if (inside.length > 0) return { inside };
        }
      } catch (error) {
        // What is not what its name says, or damaged, is compared as bytes.
        if (!(error instanceof FormatError)) throw error;
      }
    }
    if (Math.max(a.size, b.size) <= largestText) {
      const [first, second] = [textOf(await a.read(0, a.size)), textOf(await b.read(0, b.size))];
      const lines = first === undefined || second === undefined ? undefined : differingLines(first, second);
      if (lines !== undefined) return { lines };
    }
    const found = await locateDifference(a, b);
    return found === undefined ? {} : { where: { trail: found.trail, at: found.stored.at } };
  });
}
