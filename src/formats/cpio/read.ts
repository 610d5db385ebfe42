import { FormatError } from '../../base/index.ts';
import { ByteReader, type ByteStream } from '../stream/index.ts';
import { readHeader, type CpioFormat, type CpioHeader } from './header.ts';

export type CpioKind = 'file' | 'folder' | 'link' | 'other';

export interface CpioEntry {
  readonly format: CpioFormat;
  /** Parts joined by "/", none of them empty, "." or ".."; the root itself is ''. */
  readonly path: string;
  readonly kind: CpioKind;
  /** Without the kind. */
  readonly mode: number;
  readonly owner: number;
  readonly group: number;
  /** Seconds since 1970. */
  readonly time: number;
  readonly size: number;
  /** Names of one file have the same; undefined of what has one name. */
  readonly identity: string | undefined;
  /** Of a symbolic link. */
  readonly target: string | undefined;
}

/** An entry while it is being read: its content is there until the next entry is asked for. */
export interface StreamedEntry extends CpioEntry {
  readonly content: ByteStream;
}

const longestName = 2 ** 16;
const longestTarget = 2 ** 16;
const trailer = 'TRAILER!!!';

const kinds: ReadonlyMap<number, CpioKind> = new Map([
  [0o100000, 'file'],
  [0o040000, 'folder'],
  [0o120000, 'link'],
]);

/**
 * Reads an archive's entries one after another. What is behind its end is read as well, for the checksums of what it
 * lies in. Offsets of errors count in the archive itself, decompressed.
 */
export async function* readCpio(bytes: ByteStream): AsyncGenerator<StreamedEntry> {
  const reader = new ByteReader(bytes, 'cpio');
  try {
    for (;;) {
      const at = reader.position;
      const header = await readHeader(reader);
      const name = await readName(reader, header, at);
      if (name === trailer) break;
      const kind = kinds.get(header.mode & 0o170000) ?? 'other';
      // GNU cpio sums no targets of links.
      const sum = kind === 'file' ? header.sum : undefined;
      const content = new Content(reader, { size: header.size, sum }, at);
      const target = kind === 'link' ? await readTarget(content, header, at) : undefined;
      yield {
        format: header.format,
        path: safePath(name, at),
        kind,
        mode: header.mode & 0o7777,
        owner: header.owner,
        group: header.group,
        time: header.time,
        size: header.size,
        identity: kind === 'file' && header.links > 1 ? `${header.device}/${header.serial}` : undefined,
        target,
        content: content.read(),
      };
      await drain(content.read());
      await reader.exactly(padding(header.size, header.align));
    }
    await drain(reader.rest());
  } finally {
    await reader.close();
  }
}

/** What is left of an entry's content, wherever it has been left off. */
class Content {
  readonly #reader: ByteReader;
  readonly #sum: number | undefined;
  readonly #at: number;
  #left: number;
  #actual = 0;

  constructor(reader: ByteReader, { size, sum }: Pick<CpioHeader, 'size' | 'sum'>, at: number) {
    this.#reader = reader;
    this.#sum = sum;
    this.#at = at;
    this.#left = size;
  }

  async *read(): AsyncGenerator<Uint8Array> {
    while (this.#left > 0) {
      const piece = await this.#reader.some(this.#left);
      if (piece === undefined) {
        throw new FormatError('cpio', `ends ${this.#left} bytes too early`, {
          offset: this.#reader.position,
        });
      }
      this.#left -= piece.length;
      if (this.#sum !== undefined) for (const byte of piece) this.#actual = (this.#actual + byte) >>> 0;
      if (this.#left === 0) this.#check();
      yield piece;
    }
  }

  #check(): void {
    if (this.#sum === undefined || this.#sum === this.#actual) return;
    throw new FormatError('cpio', `the sum of an entry's bytes is ${this.#actual}, expected ${this.#sum}`, {
      offset: this.#at,
    });
  }
}

async function readName(reader: ByteReader, header: CpioHeader, at: number): Promise<string> {
  if (header.nameSize < 1 || header.nameSize > longestName) {
    throw new FormatError('cpio', `invalid name length: ${header.nameSize} bytes`, { offset: at });
  }
  const raw = Buffer.from(await reader.exactly(header.nameSize));
  if (raw.indexOf(0) !== raw.length - 1) {
    throw new FormatError('cpio', 'a name does not end with its only NUL', { offset: at + header.length });
  }
  await reader.exactly(padding(header.length + header.nameSize, header.align));
  return raw.toString('utf8', 0, raw.length - 1);
}

async function readTarget(content: Content, header: CpioHeader, at: number): Promise<string> {
  if (header.size < 1 || header.size > longestTarget) {
    throw new FormatError('cpio', `invalid link: target of ${header.size} bytes`, { offset: at });
  }
  const parts: Uint8Array[] = [];
  for await (const piece of content.read()) parts.push(piece);
  // libarchive's odc has a NUL behind the name, which is no part of it.
  const target = Buffer.concat(parts).toString('utf8').replace(/\0$/, '');
  if (target === '' || target.includes('\0')) {
    throw new FormatError('cpio', 'a link names nothing', { offset: at });
  }
  return target;
}

async function drain(bytes: AsyncIterator<Uint8Array>): Promise<void> {
  for (let next = await bytes.next(); next.done !== true; next = await bytes.next());
}

function padding(size: number, align: number): number {
  return (align - (size % align)) % align;
}

function safePath(name: string, at: number): string {
  const parts = name.split('/').filter((part) => part !== '' && part !== '.');
  if (!name.startsWith('/') && !parts.includes('..')) return parts.join('/');
  const shown = name.replace(/\p{C}/gu, '?').slice(0, 80);
  throw new FormatError('cpio', `the name "${shown}" leads out of the archive`, { offset: at });
}
