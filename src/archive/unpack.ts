import {
  closeSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
} from 'node:fs';
import { rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Readable } from 'node:stream';
import { extract, type Header } from 'tar-stream';
import { Failure, uniqueName } from '../base/index.ts';
import type { Compression } from './archive-name.ts';
import { decompress } from './decompress.ts';
import { checkLinks, type Keep } from './links.ts';

export interface UnpackLimits {
  /** Of the unpacked tree, in bytes. */
  readonly size: number;
  readonly entries: number;
}

const generous: UnpackLimits = { size: 32 * 2 ** 30, entries: 1_000_000 };

/**
 * Unpacks a tar archive into an empty folder. When all of it lies in one top folder, that folder is left out.
 * Executable bits and times are kept, owners and other modes are not (files 0644 or 0755).
 * What would leave the tree is refused: absolute names, "..", links out, names through links, links that an entry
 * replaces; and so are devices, pipes and whatever is not a file, a folder or a link.
 * @param more.keep which entries, by their paths below the top folder; the archive must then have one
 * @throws Failure 'hostile-archive', 'hostile-tree' or 'bad-archive'; the folder is then not to be used
 */
export async function unpackArchive(
  path: string,
  compression: Compression,
  folder: string,
  more: {
    readonly limits?: UnpackLimits;
    readonly signal?: AbortSignal | undefined;
    readonly keep?: Keep | undefined;
  } = {},
): Promise<void> {
  const work = join(folder, `.unpack-${uniqueName()}`);
  mkdirSync(work);
  const tree = new UnpackedTree(work, more.limits ?? generous, more.keep);
  // Old archives have no magic number; their headers' checksums are checked all the same.
  const entries = extract({ allowUnknownFormat: true } as object);
  const source = await decompress(path, compression);
  const feed = pipeline(
    source.stream,
    (bytes: AsyncIterable<Buffer>) => withoutTail(bytes, tree),
    entries,
    ...(more.signal === undefined ? [] : [{ signal: more.signal }]),
  );
  const read = (async () => {
    for await (const entry of entries as unknown as AsyncIterable<Entry>) await tree.add(entry);
  })();
  const ends = await Promise.allSettled([read, feed]);
  source.stream.destroy();
  more.signal?.throwIfAborted();
  const faults = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
  // What was refused comes first; then a decompressor's own words rather than "unexpected end of data".
  const refused = faults.find((fault) => fault instanceof Failure);
  if (refused !== undefined) throw refused;
  await source.done;
  if (faults.length > 0) throw explain(faults[0]);
  tree.setFolderTimes();
  settle(work, folder);
}

/** Headers, a long name and attributes, and padding: at most so much that belongs to an entry beside its bytes. */
const perEntry = 16 * 2 ** 10;
/** Writers fill an archive up to a block of some KiB or MiB. */
const longestTail = 64 * 2 ** 20;

/** Passes an archive on, as long as its entries account for it. @throws Failure 'hostile-archive' */
async function* withoutTail(bytes: AsyncIterable<Buffer>, tree: UnpackedTree): AsyncGenerator<Buffer> {
  let fed = 0;
  for await (const piece of bytes) {
    fed += piece.length;
    if (fed > tree.accounted + longestTail)
      throw hostile(`more than ${longestTail / 2 ** 20} MiB follow its end, or a header in it`);
    yield piece;
  }
}

/** Moves what was unpacked up to where it belongs, without the single folder on top. */
function settle(work: string, folder: string): void {
  const top = readdirSync(work, { withFileTypes: true });
  const only = top.length === 1 && top[0]?.isDirectory() === true ? top[0].name : '.';
  const root = join(work, only);
  checkLinks(root);
  for (const name of readdirSync(root)) renameSync(join(root, name), join(folder, name));
  if (only !== '.') rmdirSync(root);
  rmSync(work, { recursive: true });
}

function explain(error: unknown): Error {
  if (error instanceof Failure) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  // The file system's own codes: the disk is full, or two names are one to it.
  if (code === 'EEXIST') {
    return new Failure('hostile-archive', `two names of the archive are the same file here: ${message}`, {
      hint: 'Unpack it on a file system that tells upper case from lower case.',
    });
  }
  if (code !== undefined && /^E[A-Z]+$/.test(code)) return error as Error;
  return new Failure('bad-archive', `the archive is damaged: ${message}`, { cause: error });
}

type Kind = 'file' | 'folder' | 'link';

/** The small files are written in one call each; the rest as it comes. */
const smallFile = 1 << 20;

type Entry = Readable & { readonly header: Header };

class UnpackedTree {
  readonly #root: string;
  readonly #limits: UnpackLimits;
  readonly #keep: Keep | undefined;
  #top: string | undefined;
  readonly #kinds = new Map<string, Kind>([['', 'folder']]);
  readonly #folderTimes: [path: string, time: Date][] = [];
  #size = 0;
  #accounted = 0;
  #entries = 0;

  constructor(root: string, limits: UnpackLimits, keep: Keep | undefined) {
    this.#root = root;
    this.#limits = limits;
    this.#keep = keep;
  }

  async add(entry: Entry): Promise<void> {
    const { header } = entry;
    const size = header.size;
    // The tar reader makes −0 of a size of −1.
    if (!Number.isSafeInteger(size) || size < 0 || Object.is(size, -0))
      throw hostile(`${shown(header.name)} has an impossible size`);
    this.#size += size;
    this.#accounted += size + perEntry;
    this.#entries += 1;
    if (this.#size > this.#limits.size || this.#entries > this.#limits.entries) {
      throw hostile(`it unpacks to more than ${this.#limits.entries} entries or ${this.#limits.size} bytes`);
    }
    const path = safePath(header.name);
    const type = header.type as string | null | undefined;
    if (this.#keep !== undefined && !this.#isWanted(path, type, this.#keep)) {
      entry.resume();
      return;
    }
    switch (type) {
      case 'directory':
        this.#addFolder(path, header.mtime);
        break;
      case 'file':
      case 'contiguous-file':
        this.#prepare(path);
        await this.#writeFile(entry, path);
        break;
      case 'symlink':
        this.#prepare(path);
        symlinkSync(linkTarget(path, header.linkname), join(this.#root, path));
        lutimesSync(join(this.#root, path), header.mtime, header.mtime);
        this.#kinds.set(path, 'link');
        break;
      case 'link': {
        const target = safePath(linkTarget(path, header.linkname));
        if (this.#kinds.get(target) !== 'file') {
          throw hostile(`the hard link ${path} names ${target}, which is not a file unpacked before it`);
        }
        if (target === path) break;
        this.#prepare(path);
        linkSync(join(this.#root, target), join(this.#root, path));
        this.#kinds.set(path, 'file');
        break;
      }
      default:
        throw hostile(`${path} is a ${type ?? 'thing of unknown kind'}, not a file, a folder or a link`);
    }
    entry.resume();
  }

  #isWanted(path: string, type: string | null | undefined, keep: Keep): boolean {
    const [top = '', ...below] = path.split('/');
    this.#top ??= top === '' ? undefined : top;
    if ((top !== '' && top !== this.#top) || (below.length === 0 && top !== '' && type !== 'directory')) {
      const message = 'the archive has no single top folder below which parts could be wanted';
      throw new Failure('bad-archive', message);
    }
    return below.length === 0 || keep(below.join('/'));
  }

  /**
   * How many bytes of the archive its entries so far can take. What goes far beyond lies behind the archive's end.
   */
  get accounted(): number {
    return this.#accounted;
  }

  setFolderTimes(): void {
    for (const [path, time] of this.#folderTimes.reverse()) utimesSync(join(this.#root, path), time, time);
  }

  #addFolder(path: string, time: Date): void {
    this.#folderTimes.push([path, time]);
    if (this.#kinds.get(path) === 'folder') return;
    if (this.#kinds.has(path)) throw hostile(`the folder ${path} would replace another entry of that name`);
    this.#makeParents(path);
    mkdirSync(join(this.#root, path));
    this.#kinds.set(path, 'folder');
  }

  /** Makes room for a file or link; only an earlier file gives way to a later entry of its name. */
  #prepare(path: string): void {
    const before = this.#kinds.get(path);
    if (before === undefined) {
      this.#makeParents(path);
      return;
    }
    if (before !== 'file') throw hostile(`${path} would replace a ${before} of that name`);
    unlinkSync(join(this.#root, path));
    this.#kinds.delete(path);
  }

  #makeParents(path: string): void {
    for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      const parent = path.slice(0, slash);
      const kind = this.#kinds.get(parent);
      if (kind === 'folder') continue;
      if (kind !== undefined) throw hostile(`${path} lies below ${parent}, which is a ${kind}`);
      mkdirSync(join(this.#root, parent));
      this.#kinds.set(parent, 'folder');
    }
  }

  async #writeFile(entry: Entry, path: string): Promise<void> {
    const { size, mode, mtime } = entry.header;
    const whole = join(this.#root, path);
    const permissions = (mode & 0o111) === 0 ? 0o644 : 0o755;
    if (size <= smallFile) {
      const parts: Buffer[] = [];
      for await (const part of entry as AsyncIterable<Buffer>) parts.push(part);
      writeFileSync(whole, Buffer.concat(parts), { flag: 'wx', mode: permissions });
    } else {
      const fd = openSync(whole, 'wx', permissions);
      try {
        for await (const part of entry as AsyncIterable<Buffer>) {
          for (let written = 0; written < part.length;) written += writeSync(fd, part, written);
        }
      } finally {
        closeSync(fd);
      }
    }
    utimesSync(whole, mtime, mtime);
    this.#kinds.set(path, 'file');
  }
}

/** As long as a path, and a name in it, can be on Linux: PATH_MAX less the folder that it is unpacked in, NAME_MAX. */
const longestPath = 3072;
const longestName = 255;

/** A name as a message shows it. */
function shown(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name);
}

/** The name without "./" and doubled slashes; '' is the root itself. */
function safePath(name: string): string {
  const length = Buffer.byteLength(name);
  if (length > longestPath) throw hostile(`a name has ${length} bytes: ${shown(name)}`);
  const long = name.split('/').find((part) => Buffer.byteLength(part) > longestName);
  if (long !== undefined) throw hostile(`a name has ${Buffer.byteLength(long)} bytes: ${shown(long)}`);
  if (name.startsWith('/')) throw hostile(`the name ${name} is absolute`);
  if (name.includes('\0')) throw hostile(`the name ${JSON.stringify(name)} has a NUL in it`);
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw hostile(`the name ${name} leaves the archive's folder`);
  return parts.join('/');
}

function linkTarget(path: string, target: string | null): string {
  if (target === null || target === '' || target.includes('\0'))
    throw hostile(`the link ${path} has no target`);
  return target;
}

function hostile(message: string): Failure {
  return new Failure('hostile-archive', `the archive is refused: ${message}`);
}
