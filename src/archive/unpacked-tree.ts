import {
  closeSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Header } from 'tar-stream';
import { Failure } from '../base/index.ts';
import type { Keep } from './links.ts';
import { hostile, linkTarget, safePath, shown } from './safe-path.ts';

export interface UnpackLimits {
  /** Of the unpacked tree, in bytes. */
  readonly size: number;
  readonly entries: number;
}

/** Headers, a long name and attributes, and padding: at most so much that belongs to an entry beside its bytes. */
const perEntry = 16 * 2 ** 10;

type Kind = 'file' | 'folder' | 'link';

/** The small files are written in one call each; the rest as it comes. */
const smallFile = 1 << 20;

/** An entry of a tar archive: its header, and its bytes as a stream. */
export type Entry = Readable & { readonly header: Header };

/** The tree that an archive's entries make in a folder, each checked before it is made. */
export class UnpackedTree {
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
      const message = 'the archive has no single top folder, so no part of it can be selected';
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
