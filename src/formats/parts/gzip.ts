import { FormatError, type ByteSource } from '../../base/index.ts';
import type { Part } from './part.ts';

export const gzipMagic = Uint8Array.of(0x1f, 0x8b, 0x08);

const longestHeader = 65_536;

/** The header, the compressed bytes and the checksum of a gzip file's first member (RFC 1952). @throws FormatError */
export async function gzipParts(source: ByteSource): Promise<Part[]> {
  const head = await source.read(0, Math.min(longestHeader, source.size));
  const [flags = 0, ...rest] = head.subarray(3, 10);
  if (rest.length < 6) throw new FormatError('gzip', 'the header is truncated', { offset: 0 });
  let at = 10;
  if ((flags & 4) !== 0) at += 2 + (head[at] ?? 0) + 256 * (head[at + 1] ?? 0);
  const text = (): string => {
    const end = head.indexOf(0, at);
    if (end < 0) throw new FormatError('gzip', 'a name has no end', { offset: at });
    const value = Buffer.from(head.subarray(at, end)).toString('latin1');
    at = end + 1;
    return value;
  };
  const name = (flags & 8) !== 0 ? text() : '';
  const comment = (flags & 16) !== 0 ? text() : '';
  if ((flags & 2) !== 0) at += 2;
  const mtime = String(new DataView(head.buffer, head.byteOffset).getUint32(4, true));
  const fields = { mtime, level: String(rest[4]), system: String(rest[5]), name, comment };
  if (at + 8 > source.size) throw new FormatError('gzip', 'the file is truncated', { offset: at });
  return [
    { name: 'gzip header', offset: 0, size: at, fields },
    { name: 'compressed data', offset: at, size: source.size - at - 8, packing: 'deflate' },
    { name: 'gzip checksum', offset: source.size - 8, size: 8, rank: 2 },
  ];
}
