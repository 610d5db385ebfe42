import { FormatError, type ByteSource } from '../../base/index.ts';
import { mostParts, type Part } from './part.ts';

const block = 512;
const longestName = 1 << 20;

/** Is it a tar archive with POSIX's or GNU's magic number? */
export async function isTar(source: ByteSource): Promise<boolean> {
  if (source.size < block) return false;
  return Buffer.from(await source.read(257, 5)).toString('latin1') === 'ustar';
}

/** The entries of a tar archive with their headers (POSIX pax, "ustar Interchange Format"; GNU's long names). @throws FormatError */
export async function tarParts(source: ByteSource): Promise<Part[]> {
  const parts: Part[] = [];
  let next: { path?: string; size?: number } = {};
  for (let at = 0; at + block <= source.size;) {
    const header = await source.read(at, block);
    if (header.every((byte) => byte === 0)) break;
    const text = (offset: number, length: number): string => textOf(header.subarray(offset, offset + length));
    const type = text(156, 1) || '0';
    const prefix = text(345, 155);
    const own = prefix === '' ? text(0, 100) : `${prefix}/${text(0, 100)}`;
    const extended = type === 'x' || type === 'g' || type === 'L' || type === 'K';
    const size = (extended ? undefined : next.size) ?? number(header, 124, 12, at);
    const content = at + block;
    if (size > source.size - content) throw new FormatError('tar', 'an entry is truncated', { offset: at });
    const name = extended ? `extended header of ${own}` : (next.path ?? own);
    const fields = {
      mode: text(100, 8),
      uid: text(108, 8),
      gid: text(116, 8),
      mtime: text(136, 12),
      type,
      link: text(157, 100),
      user: text(265, 32),
      group: text(297, 32),
    };
    parts.push({ name: `header of ${name}`, offset: at, size: block, fields });
    if (size > 0) parts.push({ name: extended ? name : `member ${name}`, offset: content, size });
    if (parts.length > mostParts) throw new FormatError('tar', 'too many entries', { offset: at });
    if (!extended) next = {};
    else if (size <= longestName) next = { ...next, ...nextOf(type, await source.read(content, size)) };
    at = content + Math.ceil(size / block) * block;
  }
  return parts;
}

/** What an extended header says of the entry after it. */
function nextOf(type: string, data: Uint8Array): { path?: string; size?: number } {
  if (type === 'L') return { path: textOf(data) };
  if (type !== 'x') return {};
  const path = /\d+ path=([^\n]*)\n/.exec(Buffer.from(data).toString('utf8'))?.[1];
  const size = /\d+ size=(\d{1,15})\n/.exec(Buffer.from(data).toString('latin1'))?.[1];
  return { ...(path === undefined ? {} : { path }), ...(size === undefined ? {} : { size: Number(size) }) };
}

/** Octal text, or base 256 where the first bit is set (GNU). */
function number(header: Uint8Array, offset: number, length: number, at: number): number {
  const field = header.subarray(offset, offset + length);
  if (((field[0] ?? 0) & 0x80) !== 0) {
    const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
    if (Number.isSafeInteger(value)) return value;
  }
  const text = textOf(field).trim();
  if (!/^[0-7]*$/.test(text)) throw new FormatError('tar', 'a size is not a number', { offset: at + offset });
  return text === '' ? 0 : parseInt(text, 8);
}

function textOf(data: Uint8Array): string {
  const end = data.indexOf(0);
  return Buffer.from(end < 0 ? data : data.subarray(0, end)).toString('utf8');
}
