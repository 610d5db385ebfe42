import { FormatError, type ByteSource } from '../../base/index.ts';
import { mostParts, type Part } from './part.ts';

export const arMagic = Buffer.from('!<arch>\n', 'latin1');
const headerSize = 60;
const longestNames = 16 << 20;

/** The members of an ar archive with their headers; names as GNU and BSD write them (ar(5)). @throws FormatError */
export async function arParts(source: ByteSource): Promise<Part[]> {
  const parts: Part[] = [];
  let names = '';
  for (let at = arMagic.length; at < source.size;) {
    const header = await headerAt(source, at);
    const [offset, size] = [at + headerSize, Number(header.size)];
    if (size > source.size - offset) throw new FormatError('ar', 'a member is truncated', { offset: at });
    if (header.name === '//' && size <= longestNames) names = await latin1(source, offset, size);
    const bsd = Number(/^#1\/(\d{1,4})$/.exec(header.name)?.[1] ?? 0);
    const name = await memberName(source, header.name, Math.min(bsd, size), offset, names);
    const derived = name === '/' || name === '//' || name.startsWith('__.SYMDEF');
    const { mtime, uid, gid, mode } = header;
    const fields = { mtime, uid, gid, mode };
    parts.push({
      name: `header of ${name}`,
      offset: at,
      size: headerSize,
      fields,
      ...(derived ? { rank: 2 as const } : {}),
    });
    parts.push({ name: `member ${name}`, offset, size, ...(derived ? { rank: 2 as const } : {}) });
    if (parts.length > mostParts) throw new FormatError('ar', 'too many members', { offset: at });
    at = offset + size + (size % 2);
  }
  return parts;
}

async function headerAt(source: ByteSource, at: number) {
  if (source.size - at < headerSize) throw new FormatError('ar', 'a header is truncated', { offset: at });
  const text = await latin1(source, at, headerSize);
  const field = (start: number, length: number): string => text.slice(start, start + length).trim();
  const size = field(48, 10);
  if (!text.endsWith('`\n') || !/^\d+$/.test(size))
    throw new FormatError('ar', 'this is not the header of a member', { offset: at });
  const [mtime, uid, gid, mode] = [field(16, 12), field(28, 6), field(34, 6), field(40, 8)];
  return { name: field(0, 16), mtime, uid, gid, mode, size };
}

async function memberName(
  source: ByteSource,
  name: string,
  bsd: number,
  offset: number,
  names: string,
): Promise<string> {
  if (bsd > 0) return (await latin1(source, offset, bsd)).replace(/\0+$/, '');
  const long = /^\/(\d+)$/.exec(name)?.[1];
  if (long !== undefined) return names.slice(Number(long), names.indexOf('/\n', Number(long)));
  return name === '/' || name === '//' ? name : name.replace(/\/$/, '');
}

async function latin1(source: ByteSource, offset: number, length: number): Promise<string> {
  return Buffer.from(await source.read(offset, length)).toString('latin1');
}
