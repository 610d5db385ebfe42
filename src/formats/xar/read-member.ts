import { createHash } from 'node:crypto';
import { FormatError, type ByteSource } from '../../base/index.ts';
import { slice } from '../source/index.ts';
import { bunzip2, ByteReader, inflate, streamOf, type ByteStream } from '../stream/index.ts';
import { unlzma } from '../lzma/index.ts';
import { unxz, xzMagic } from '../xz/index.ts';
import type { Checksum, XarData, XarMember } from './members.ts';

/**
 * The bytes of a member. The size and both checksums are held against what comes, at the end of it: whoever stops
 * before has them unverified.
 */
export async function* readMember(source: ByteSource, { path, data }: XarMember): AsyncGenerator<Uint8Array> {
  if (data === undefined) return;
  const stored = checked(
    streamOf(source, data.offset, data.length),
    data.length,
    data.stored,
    path,
    data,
    'stored',
  );
  yield* checked(decode(stored, path, data), data.size, data.decoded, path, data, 'decoded');
}

/** A member that is stored as it is, as a source of its own; its checksums are not looked at. Undefined of any other. */
export function memberSource(source: ByteSource, { data }: XarMember): ByteSource | undefined {
  if (data?.encoding !== 'application/octet-stream' || data.size !== data.length) return undefined;
  return slice(source, data.offset, data.length);
}

async function* decode(stored: ByteStream, path: string, data: XarData): AsyncGenerator<Uint8Array> {
  switch (data.encoding) {
    case 'application/octet-stream':
      yield* stored;
      return;
    // Whatever its name says, it is a zlib stream.
    case 'application/x-gzip':
    case 'application/zlib':
      yield* inflate(stored, 'zlib', data.offset);
      return;
    case 'application/x-bzip2':
      yield* bunzip2(stored, data.offset);
      return;
    case 'application/x-xz':
    case 'application/x-lzma':
      yield* decodeLzma(stored, data.offset);
      return;
    default:
      throw new FormatError('xar', `"${path}" is encoded as "${data.encoding}", which is not known`, {
        offset: data.offset,
      });
  }
}

/** Writers of either encoding have written either format: what is there decides. */
async function* decodeLzma(stored: ByteStream, at: number): AsyncGenerator<Uint8Array> {
  const reader = new ByteReader(stored, 'xar');
  const isXz = xzMagic.equals(await reader.peek(xzMagic.length));
  yield* isXz ? unxz(reader.rest(), at) : unlzma(reader.rest(), at);
}

async function* checked(
  bytes: ByteStream,
  size: number,
  checksum: Checksum | undefined,
  path: string,
  data: XarData,
  which: 'stored' | 'decoded',
): AsyncGenerator<Uint8Array> {
  const hash = checksum === undefined ? undefined : createHash(checksum.name);
  const fail = (message: string): FormatError =>
    new FormatError('xar', `"${path}" ${message}`, { offset: data.offset });
  let length = 0;
  for await (const piece of bytes) {
    length += piece.length;
    if (length > size) throw fail(`decodes to more than its ${size} bytes`);
    hash?.update(piece);
    yield piece;
  }
  if (length !== size) throw fail(`decodes to ${length} bytes instead of ${size}`);
  const actual = hash?.digest('hex');
  if (actual !== checksum?.value) {
    throw fail(`${which} has the ${checksum?.name ?? ''} ${actual ?? ''}, expected ${checksum?.value ?? ''}`);
  }
}
