import type { ByteStream } from '../stream/index.ts';

/** An entry of an archive that is written. */
export interface NewEntry {
  /** As it is to stand there, "./usr/bin" say. */
  readonly path: string;
  readonly kind: 'file' | 'folder' | 'link';
  /** Without the kind. */
  readonly mode: number;
  /** Seconds since 1970. */
  readonly time?: number;
  readonly owner?: number;
  readonly group?: number;
  /** Names of one file have the same; counted up where it is not given. At most 262,143 in an odc archive. */
  readonly serial?: number;
  readonly links?: number;
  /** A link's is its target. */
  readonly content?: Uint8Array | { readonly size: number; readonly bytes: ByteStream };
}

const kindBits = { file: 0o100000, folder: 0o040000, link: 0o120000 } as const;
const blockSize = 512;

/** Writes an archive. @throws RangeError for a number that its format has no room for */
export async function* writeCpio(
  entries: Iterable<NewEntry> | AsyncIterable<NewEntry>,
  format: 'odc' | 'newc',
): AsyncGenerator<Uint8Array> {
  const align = format === 'odc' ? 1 : 4;
  let length = 0;
  const padded = (data: Uint8Array): Uint8Array => {
    length += data.length;
    const more = (align - (length % align)) % align;
    length += more;
    return more === 0 ? data : Buffer.concat([data, Buffer.alloc(more)]);
  };
  let serial = 0;
  for await (const entry of entries) {
    const content = entry.content ?? new Uint8Array();
    const size = content instanceof Uint8Array ? content.length : content.size;
    yield padded(header(entry, size, entry.serial ?? ++serial, format));
    if (content instanceof Uint8Array) {
      yield padded(content);
      continue;
    }
    let written = 0;
    for await (const piece of content.bytes) {
      written += piece.length;
      length += piece.length;
      yield piece;
    }
    if (written !== size) throw new RangeError(`"${entry.path}" has ${written} bytes instead of ${size}`);
    yield padded(new Uint8Array());
  }
  yield padded(header({ path: 'TRAILER!!!', kind: 'file', mode: 0 }, 0, 0, format));
  yield new Uint8Array((blockSize - (length % blockSize)) % blockSize);
}

function header(entry: NewEntry, size: number, serial: number, format: 'odc' | 'newc'): Uint8Array {
  const name = Buffer.from(`${entry.path}\0`);
  const trailer = entry.path === 'TRAILER!!!';
  const mode = trailer ? 0 : kindBits[entry.kind] | entry.mode;
  const { owner = 0, group = 0, links = entry.kind === 'folder' ? 2 : 1, time = 0 } = entry;
  const number = (value: number, width: number): string => {
    const digits = value.toString(format === 'odc' ? 8 : 16).padStart(width, '0');
    if (digits.length === width && value >= 0) return digits;
    throw new RangeError(`"${entry.path}": ${value} does not fit into a field of ${format}`);
  };
  const text =
    format === 'odc'
      ? '070707' +
        [0, serial, mode, owner, group, links, 0].map((value) => number(value, 6)).join('') +
        number(time, 11) +
        number(name.length, 6) +
        number(size, 11)
      : '070701' +
        [serial, mode, owner, group, links, time, size, 0, 0, 0, 0, name.length, 0]
          .map((value) => number(value, 8))
          .join('');
  return Buffer.concat([Buffer.from(text, 'latin1'), name]);
}
