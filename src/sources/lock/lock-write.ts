import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { Document, isMap, parseDocument, type Scalar, type YAMLMap, YAMLSeq } from 'yaml';
import { InvalidError } from '../../base/index.ts';
import { lockVersion } from './lock.ts';
import { readLock } from './lock-read.ts';
import type { LockedBuildroot, LockedFile, LockedOrigin } from '../locked.ts';
import { originText } from '../origin.ts';

/** What `cidermill lock` found. */
export interface LockChanges {
  /** "RECIPE.SOURCE" → its origins in the recipe's order; `local` ones need no lock and are left out. */
  readonly sources?: Readonly<Record<string, readonly LockedOrigin[]>>;
  readonly buildroots?: Readonly<Record<string, LockedBuildroot>>;
  /** Names of either kind that no recipe has any more. */
  readonly removed?: readonly string[];
}

/**
 * Merges changes into the lockfile and writes it by rename. The entries not named stay as they are, byte for byte,
 * with the comments above them. @returns whether the file is another now
 * @throws InvalidError when the file that is there cannot be read
 */
export function updateLock(path: string, file: string, changes: LockChanges): boolean {
  const { text, diagnostics } = readLock(path, file);
  if (diagnostics.length > 0) throw new InvalidError(diagnostics);
  const merged = mergeLock(text, changes);
  if (merged === text) return false;
  mkdirSync(dirname(path), { recursive: true });
  const work = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  try {
    const fd = openSync(work, 'wx');
    writeSync(fd, merged);
    fsyncSync(fd);
    closeSync(fd);
    renameSync(work, path);
  } finally {
    rmSync(work, { force: true });
  }
  return true;
}

const head = `# Written by \`cidermill lock\`: what every source and every package of a buildroot is, byte for byte.
# Commit it. To take newer ones, change the recipe or run \`cidermill lock\` again.
version: ${lockVersion}
`;

/** The text of a lockfile after changes. A file that was laid out by hand in another form than ours is laid out anew. */
export function mergeLock(text: string, changes: LockChanges): string {
  const merged = mergeEntries(entriesOf(text, 'kept'), changes);
  return parseDocument(merged).errors.length === 0 ? merged : mergeEntries(entriesOf(text, 'anew'), changes);
}

function mergeEntries(before: LockText, changes: LockChanges): string {
  const sources = merge(before.sources, changes.removed, Object.entries(changes.sources ?? {}), sourceEntry);
  const roots = merge(
    before.buildroots,
    changes.removed,
    Object.entries(changes.buildroots ?? {}),
    buildrootEntry,
  );
  const body = [...renderSection('sources', sources), ...renderSection('buildroots', roots)];
  return before.head + body.join('');
}

/** The lockfile's parts as text: what stands before the sections, and each entry with the comments above it. */
interface LockText {
  head: string;
  sources: Entries;
  buildroots: Entries;
}

type Entries = Map<string, string>;

function entriesOf(text: string, layout: 'kept' | 'anew'): LockText {
  const found: LockText = {
    head: text.trim() === '' ? head : text,
    sources: new Map(),
    buildroots: new Map(),
  };
  const top = parseDocument(text).contents;
  if (!isMap(top)) return { ...found, head };
  const starts = top.items.map(({ key }) => lineStart(text, key as Scalar));
  top.items.forEach(({ key, value }, index) => {
    const name = (key as Scalar).value;
    if (name !== 'sources' && name !== 'buildroots') return;
    const start = withComments(text, starts[index] ?? 0, '');
    const following = starts[index + 1];
    const end = following === undefined ? text.length : withComments(text, following, '');
    if (start < found.head.length) found.head = text.slice(0, start);
    if (!isMap(value)) return;
    found[name] = layout === 'anew' || value.flow === true ? laidOut(value) : membersOf(text, value, end);
  });
  return found;
}

function laidOut(section: YAMLMap): Entries {
  const members = Object.entries(section.toJSON() as Record<string, unknown>);
  return new Map(members.map(([name, value]) => [name, indent(stringifyCompact({ [name]: value }))]));
}

function membersOf(text: string, section: YAMLMap, end: number): Entries {
  const starts = section.items.map(({ key }) => withComments(text, lineStart(text, key as Scalar), '  '));
  return new Map(
    section.items.map(({ key }, index) => {
      const entry = text.slice(starts[index], starts[index + 1] ?? end).trimEnd();
      return [String((key as Scalar).value), `${entry}\n`];
    }),
  );
}

function lineStart(text: string, key: Scalar): number {
  return text.lastIndexOf('\n', (key.range?.[0] ?? 0) - 1) + 1;
}

/** The start of the comment lines of that indentation right above a line. */
function withComments(text: string, start: number, indent: string): number {
  while (start > 0) {
    const above = text.lastIndexOf('\n', start - 2) + 1;
    if (!text.startsWith(`${indent}#`, above)) break;
    start = above;
  }
  return start;
}

function merge<T>(
  before: Entries,
  removed: readonly string[] = [],
  changed: readonly (readonly [string, T])[],
  render: (name: string, value: T) => string,
): Entries {
  const entries = new Map(before);
  for (const name of removed) entries.delete(name);
  for (const [name, value] of changed) entries.set(name, render(name, value));
  return new Map([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function renderSection(name: string, entries: Entries): string[] {
  return entries.size === 0 ? [] : [`${name}:\n`, ...entries.values()];
}

function sourceEntry(name: string, origins: readonly LockedOrigin[]): string {
  const pinned = origins.filter((origin) => origin.kind !== 'local');
  return indent(
    stringifyCompact({
      [name]: pinned.map((locked) => ({
        [locked.kind]: originText(locked.origin),
        ...(locked.kind === 'debian' && locked.origin.suite !== undefined
          ? { suite: locked.origin.suite }
          : {}),
        ...(locked.kind === 'git' ? { commit: locked.commit } : {}),
        ...(locked.kind === 'git' || locked.kind === 'svn' ? { tree: locked.tree } : {}),
        files: locked.files.map(fileEntry),
      })),
    }),
  );
}

function fileEntry({ file, size, sha256 }: LockedFile): Record<string, unknown> {
  return { file, size, sha256 };
}

function buildrootEntry(name: string, root: LockedBuildroot): string {
  return indent(
    stringifyCompact({
      [name]: {
        suite: root.suite,
        architecture: root.architecture,
        requested: root.requested,
        packages: root.packages.map((one) => ({ name: one.name, version: one.version, ...fileEntry(one) })),
      },
    }),
  );
}

/** Files and packages on one line each: a diff then shows a change of version as one line. */
function stringifyCompact(value: unknown): string {
  const document = new Document(value);
  for (const list of listsNamed(document.contents, ['files', 'packages'])) {
    for (const item of list.items) if (isMap(item)) item.flow = true;
  }
  for (const list of listsNamed(document.contents, ['requested'])) list.flow = true;
  return document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

function listsNamed(node: unknown, names: readonly string[]): YAMLSeq[] {
  const found: YAMLSeq[] = [];
  if (isMap(node)) {
    for (const { key, value } of node.items) {
      if (value instanceof YAMLSeq && names.includes(String((key as Scalar).value))) found.push(value);
      else found.push(...listsNamed(value, names));
    }
  } else if (node instanceof YAMLSeq) for (const item of node.items) found.push(...listsNamed(item, names));
  return found;
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
