import { createHash } from 'node:crypto';
import type { ByteSource } from '../../base/index.ts';
import type { StreamedEntry } from '../../formats/cpio/index.ts';
import type { ByteStream } from '../../formats/stream/index.ts';
import { readMember, type XarMember } from '../../formats/xar/index.ts';
import { packageEntries, payloadEntries, type Package } from '../package/package.ts';
import { folderByRename } from './folder-by-rename.ts';
import { leadsInside } from './link-target.ts';
import { TreeWriter } from './tree-writer.ts';

export interface Extracted {
  readonly files: number;
  /** Devices and pipes, which are left out. */
  readonly skipped: readonly string[];
  /** Symbolic links that lead outside, which are left out unless they were asked for. */
  readonly outside: readonly { readonly path: string; readonly target: string }[];
}

export interface ExtractPackageOptions {
  /** How many bytes of the package, as it is stored, have been gone through. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** More bytes than these are refused; by default what the disk has left. */
  readonly limit?: number | undefined;
  /** Make symbolic links that lead outside, too. */
  readonly outsideLinks?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Extracts a package: payloads and scripts as folders, the other members as they are. The folder appears by rename.
 * @throws FormatError where the package is damaged; Failure 'cannot-write', 'too-large'; the signal's reason
 */
export async function extractPackage(
  pkg: Package,
  folder: string,
  { onProgress, limit = Infinity, outsideLinks = false, signal }: ExtractPackageOptions = {},
): Promise<Extracted> {
  const total = pkg.isPayload
    ? pkg.source.size
    : pkg.members.reduce(
        (sum, { data, hardLinkTo }) => sum + (hardLinkTo === undefined ? (data?.length ?? 0) : 0),
        0,
      );
  let done = 0;
  const source = counted(pkg.source, (bytes) => onProgress?.((done += bytes), total));
  return folderByRename(folder, async (partial, free) => {
    const tree = new TreeWriter(partial, { format: 'pkg', limit: Math.min(limit, free), signal });
    const state = { files: 0, skipped: [], outside: [], outsideLinks };
    const counting = { ...pkg, source };
    if (pkg.isPayload) await extractEntries(payloadEntries(counting), '', tree, state);
    for (const member of pkg.members)
      if (member.hardLinkTo === undefined) await extractMember(counting, member, tree, state);
    for (const { path, hardLinkTo } of pkg.members) {
      if (hardLinkTo === undefined) continue;
      tree.hardLink(path, hardLinkTo);
      state.files++;
    }
    tree.finish();
    return state;
  });
}

interface State {
  files: number;
  readonly skipped: string[];
  readonly outside: { path: string; target: string }[];
  readonly outsideLinks: boolean;
}

function putLink(tree: TreeWriter, state: State, path: string, target: string): void {
  if (state.outsideLinks || leadsInside(path, target)) tree.link(path, target);
  else state.outside.push({ path, target });
}

async function extractMember(pkg: Package, member: XarMember, tree: TreeWriter, state: State): Promise<void> {
  const { path, kind, target } = member;
  if (pkg.archives.has(member)) {
    tree.folder(path, { mode: 0o755, time: member.time });
    await extractEntries(packageEntries(pkg, member), path, tree, state);
  } else if (kind === 'folder') tree.folder(path, member);
  else if (kind === 'link' && target !== undefined) putLink(tree, state, path, target);
  else if (kind === 'file') {
    await tree.file(path, readMember(pkg.source, member), member);
    state.files++;
  } else state.skipped.push(path);
}

/** What is known of a file with several names. */
interface Names {
  /** Where its content is, and the digest of that. */
  first: { readonly path: string; readonly digest: string } | undefined;
  /** Names that came before it: newc archives have the content with the last. */
  readonly waiting: { readonly path: string; readonly entry: StreamedEntry }[];
}

async function extractEntries(
  entries: AsyncIterable<StreamedEntry>,
  below: string,
  tree: TreeWriter,
  state: State,
): Promise<void> {
  const linked = new Map<string, Names>();
  for await (const entry of entries) {
    const path = [below, entry.path].filter((part) => part !== '').join('/');
    if (path === '') continue;
    if (entry.kind === 'folder') tree.folder(path, entry);
    else if (entry.kind === 'link' && entry.target !== undefined) putLink(tree, state, path, entry.target);
    else if (entry.kind !== 'file') state.skipped.push(path);
    else {
      state.files++;
      if (entry.identity === undefined) await tree.file(path, entry.content, entry);
      else {
        const names = linked.get(entry.identity) ?? { first: undefined, waiting: [] };
        linked.set(entry.identity, names);
        await addName(names, path, entry, tree);
      }
    }
  }
  // What has several names and no content is an empty file.
  for (const { first, waiting } of linked.values()) {
    const [empty, ...others] = first === undefined ? waiting : [];
    if (empty === undefined) continue;
    await tree.file(empty.path, none(), empty.entry);
    for (const { path } of others) tree.hardLink(path, empty.path);
  }
}

async function addName(names: Names, path: string, entry: StreamedEntry, tree: TreeWriter): Promise<void> {
  if (entry.size === 0) {
    if (names.first === undefined) names.waiting.push({ path, entry });
    else tree.hardLink(path, names.first.path);
    return;
  }
  const hash = createHash('sha256');
  await tree.file(path, hashed(entry.content, hash), entry);
  const digest = hash.digest('hex');
  if (names.first === undefined) {
    names.first = { path, digest };
    for (const each of names.waiting) tree.hardLink(each.path, path);
  } else if (names.first.digest === digest) tree.linkInstead(path, names.first.path);
}

async function* hashed(bytes: ByteStream, hash: ReturnType<typeof createHash>): AsyncGenerator<Uint8Array> {
  for await (const piece of bytes) {
    hash.update(piece);
    yield piece;
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- a stream of nothing
async function* none(): AsyncGenerator<Uint8Array> {
  yield* [];
}

function counted(source: ByteSource, onRead: (bytes: number) => void): ByteSource {
  return {
    size: source.size,
    async read(offset, length) {
      const data = await source.read(offset, length);
      onRead(length);
      return data;
    },
  };
}
