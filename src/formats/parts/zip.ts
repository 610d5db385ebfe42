import { FormatError, type ByteSource } from '../../base/index.ts';
import { mostParts, type Part } from './part.ts';

export const zipMagic = Uint8Array.of(0x50, 0x4b, 0x03, 0x04);

const endSize = 22;
const longestComment = 65_535;
const largestDirectory = 256 << 20;

/** The files of a ZIP archive with their headers (APPNOTE.TXT 4.3); no ZIP64, no spanning. @throws FormatError */
export async function zipParts(source: ByteSource): Promise<Part[]> {
  const { count, offset, size } = await findEnd(source);
  if (size > largestDirectory || offset > source.size || size > source.size - offset)
    throw new FormatError('zip', 'the central directory extends beyond the file', { offset });
  const directory = await source.read(offset, size);
  const view = new DataView(directory.buffer, directory.byteOffset, directory.length);
  const parts: Part[] = [];
  const entries: Part[] = [];
  let at = 0;
  for (let index = 0; index < Math.min(count, mostParts); index++) {
    if (at + 46 > size || view.getUint32(at, true) !== 0x02014b50)
      throw new FormatError('zip', 'other data is in place of the header of an entry', {
        offset: offset + at,
      });
    const [method, time, date] = [10, 12, 14].map((field) => view.getUint16(at + field, true));
    const packed = view.getUint32(at + 20, true);
    const [nameSize = 0, extra = 0, comment = 0] = [28, 30, 32].map((field) =>
      view.getUint16(at + field, true),
    );
    const local = view.getUint32(at + 42, true);
    const name = Buffer.from(directory.subarray(at + 46, at + 46 + nameSize)).toString('utf8');
    const fields = {
      time: dosTime(date ?? 0, time ?? 0),
      attributes: view.getUint32(at + 38, true).toString(16),
    };
    const length = 46 + nameSize + extra + comment;
    if (length > size - at) throw new FormatError('zip', 'an entry is truncated', { offset: offset + at });
    entries.push({
      name: `directory entry of ${name}`,
      offset: offset + at,
      size: length,
      fields,
      rank: 2,
    });
    const data = await dataOf(source, local);
    if (packed > source.size - data)
      throw new FormatError('zip', `${name} extends beyond the file`, { offset: local });
    parts.push({ name: `header of ${name}`, offset: local, size: data - local, fields });
    parts.push({
      name: `member ${name}`,
      offset: data,
      size: packed,
      ...(method === 8 ? { packing: 'deflate' as const } : {}),
    });
    at += length;
  }
  return [...parts, ...entries];
}

/** The end of the central directory, looked for from the end of the file. */
async function findEnd(source: ByteSource): Promise<{ count: number; offset: number; size: number }> {
  const length = Math.min(source.size, endSize + longestComment);
  const tail = Buffer.from(await source.read(source.size - length, length));
  const at = tail.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  if (at < 0 || at + endSize > tail.length) throw new FormatError('zip', 'there is no central directory');
  return {
    count: tail.readUInt16LE(at + 10),
    size: tail.readUInt32LE(at + 12),
    offset: tail.readUInt32LE(at + 16),
  };
}

/** Where a file's data begins, behind its local header. */
async function dataOf(source: ByteSource, local: number): Promise<number> {
  if (local + 30 > source.size)
    throw new FormatError('zip', 'a header extends beyond the file', { offset: local });
  const header = Buffer.from(await source.read(local, 30));
  const data = local + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  if (header.readUInt32LE(0) !== 0x04034b50 || data > source.size)
    throw new FormatError('zip', 'this is not the header of a file', { offset: local });
  return data;
}

/** MS-DOS's date and time, as ISO 8601 writes them. */
function dosTime(date: number, time: number): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${1980 + (date >> 9)}-${two((date >> 5) & 15)}-${two(date & 31)}`;
  return `${day} ${two(time >> 11)}:${two((time >> 5) & 63)}:${two((time & 31) * 2)}`;
}
