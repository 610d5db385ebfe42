import {
  chmodSync,
  closeSync,
  fchmodSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { Failure, FormatError, systemReason } from '../../base/index.ts';
import type { ByteStream } from '../../formats/stream/index.ts';

export interface Attributes {
  readonly mode: number;
  /** Seconds since 1970. */
  readonly time: number | undefined;
}

export interface TreeOptions {
  /** The format that the tree comes from, for errors. */
  readonly format: string;
  /** More bytes than these are refused. */
  readonly limit: number;
  /** Called with the number of bytes written since the last call. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Writes files, folders and links below a folder of its own. Nothing is written through a link, nothing replaces what
 * is there. Modes are kept without set-id bits, owners are not. Paths have been checked for "..".
 * @throws FormatError for a path that cannot be; Failure 'cannot-write', 'too-large'; the signal's reason
 */
export class TreeWriter {
  readonly #root: string;
  readonly #options: TreeOptions;
  readonly #kinds = new Map<string, 'file' | 'folder' | 'link'>([['', 'folder']]);
  readonly #folders = new Map<string, Attributes>();
  #written = 0;

  constructor(root: string, options: TreeOptions) {
    this.#root = root;
    this.#options = options;
  }

  folder(path: string, attributes: Attributes): void {
    if (this.#kinds.get(path) !== 'folder') {
      this.#claim(path, 'folder');
      this.#do(path, (whole) => mkdirSync(whole));
    }
    this.#folders.set(path, attributes);
  }

  link(path: string, target: string, time?: number): void {
    this.#claim(path, 'link');
    this.#do(path, (whole) => {
      symlinkSync(target, whole);
      if (time !== undefined) lutimesSync(whole, time, time);
    });
  }

  hardLink(path: string, existing: string): void {
    this.#claim(path, 'file');
    this.#do(path, (whole) => linkSync(join(this.#root, existing), whole));
  }

  /** Makes a file that has been written a name of another. */
  linkInstead(path: string, existing: string): void {
    this.#do(path, (whole) => {
      unlinkSync(whole);
      linkSync(join(this.#root, existing), whole);
    });
  }

  async file(path: string, bytes: ByteStream, { mode, time }: Attributes): Promise<void> {
    this.#claim(path, 'file');
    const fd = this.#do(path, (whole) => openSync(whole, 'wx', 0o600));
    try {
      for await (const piece of bytes) {
        this.#options.signal?.throwIfAborted();
        this.#count(path, piece.length);
        this.#do(path, () => {
          for (let done = 0; done < piece.length;) done += writeSync(fd, piece, done);
        });
        this.#options.onBytes?.(piece.length);
      }
      this.#do(path, () => fchmodSync(fd, mode & 0o777));
    } finally {
      closeSync(fd);
    }
    if (time !== undefined) this.#do(path, (whole) => utimesSync(whole, time, time));
  }

  /** Gives the folders their modes and times, the deepest first. */
  finish(): void {
    for (const [path, { mode, time }] of [...this.#folders].reverse()) {
      this.#do(path, (whole) => {
        if (time !== undefined) utimesSync(whole, time, time);
        // Whoever extracts has to be able to remove it again.
        chmodSync(whole, (mode & 0o777) | 0o700);
      });
    }
  }

  #count(path: string, bytes: number): void {
    this.#written += bytes;
    if (this.#written <= this.#options.limit) return;
    throw new Failure(
      'too-large',
      `what is extracted has more than ${this.#options.limit} bytes, at "${path}"`,
      {
        hint: 'Free some space, or give a larger --limit when that was the reason.',
      },
    );
  }

  /** Makes a system error a failure that names the file. */
  #do<T>(path: string, write: (whole: string) => T): T {
    try {
      return write(join(this.#root, path));
    } catch (cause) {
      throw new Failure('cannot-write', `"${path}" cannot be written: ${systemReason(cause)}`, { cause });
    }
  }

  #claim(path: string, kind: 'file' | 'folder' | 'link'): void {
    this.#options.signal?.throwIfAborted();
    const { format } = this.#options;
    const before = this.#kinds.get(path);
    if (before !== undefined) throw new FormatError(format, `"${path}" is there twice, once as a ${before}`);
    for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      const parent = path.slice(0, slash);
      const above = this.#kinds.get(parent);
      if (above === 'folder') continue;
      if (above !== undefined) throw new FormatError(format, `"${path}" lies below "${parent}", a ${above}`);
      this.#do(parent, (whole) => mkdirSync(whole));
      this.#kinds.set(parent, 'folder');
    }
    this.#kinds.set(path, kind);
  }
}
