import {
  chmodSync,
  closeSync,
  fchmodSync,
  linkSync,
  mkdirSync,
  openSync,
  symlinkSync,
  utimesSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { FormatError } from '../../base/index.ts';
import type { ByteStream } from '../../formats/stream/index.ts';

interface Attributes {
  readonly mode: number;
  /** Seconds since 1970. */
  readonly time: number | undefined;
}

/**
 * Writes files, folders and links below a folder of its own. Nothing is written through a link, nothing replaces what
 * is there. Modes are kept without set-id bits, owners are not. Paths have been checked for "..".
 */
export class TreeWriter {
  readonly #root: string;
  readonly #kinds = new Map<string, 'file' | 'folder' | 'link'>([['', 'folder']]);
  readonly #folders = new Map<string, Attributes>();

  constructor(root: string) {
    this.#root = root;
  }

  folder(path: string, attributes: Attributes): void {
    if (this.#kinds.get(path) !== 'folder') {
      this.#claim(path, 'folder');
      mkdirSync(join(this.#root, path));
    }
    this.#folders.set(path, attributes);
  }

  link(path: string, target: string): void {
    this.#claim(path, 'link');
    symlinkSync(target, join(this.#root, path));
  }

  hardLink(path: string, existing: string): void {
    this.#claim(path, 'file');
    linkSync(join(this.#root, existing), join(this.#root, path));
  }

  async file(path: string, bytes: ByteStream, { mode, time }: Attributes): Promise<void> {
    this.#claim(path, 'file');
    const whole = join(this.#root, path);
    const fd = openSync(whole, 'wx', 0o600);
    try {
      for await (const piece of bytes) {
        for (let done = 0; done < piece.length;) done += writeSync(fd, piece, done);
      }
      fchmodSync(fd, mode & 0o777);
    } finally {
      closeSync(fd);
    }
    if (time !== undefined) utimesSync(whole, time, time);
  }

  /** Gives the folders their modes and times, the deepest first. */
  finish(): void {
    for (const [path, { mode, time }] of [...this.#folders].reverse()) {
      if (time !== undefined) utimesSync(join(this.#root, path), time, time);
      // Whoever extracts has to be able to remove it again.
      chmodSync(join(this.#root, path), (mode & 0o777) | 0o700);
    }
  }

  #claim(path: string, kind: 'file' | 'folder' | 'link'): void {
    const before = this.#kinds.get(path);
    if (before !== undefined) throw new FormatError('pkg', `"${path}" is there twice, once as a ${before}`);
    for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      const parent = path.slice(0, slash);
      const above = this.#kinds.get(parent);
      if (above === 'folder') continue;
      if (above !== undefined) throw new FormatError('pkg', `"${path}" lies below "${parent}", a ${above}`);
      mkdirSync(join(this.#root, parent));
      this.#kinds.set(parent, 'folder');
    }
    this.#kinds.set(path, kind);
  }
}
