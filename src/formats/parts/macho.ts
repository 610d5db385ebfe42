import { type ByteSource } from '../../base/index.ts';
import type { Part } from './part.ts';

/*
 * Mach-O (mach-o/loader.h, mach-o/fat.h): only where sections lie. Files of either byte order, 32 and 64 bits, and what
 * lipo puts together.
 */
const thin: ReadonlyMap<number, { readonly bits: 32 | 64 }> = new Map([
  [0xfeedface, { bits: 32 }],
  [0xfeedfacf, { bits: 64 }],
]);
const fat = 0xcafebabe;
/** LC_SEGMENT and LC_SEGMENT_64. */
const segmentCommands = { 32: 1, 64: 0x19 } as const;
/** Bytes of the header, of a segment's command before its sections, and of a section. */
const sizes = {
  32: { header: 28, segment: 56, section: 68 },
  64: { header: 32, segment: 72, section: 80 },
} as const;
/** More than any program has. A Java class begins like a fat file and has a version in the place of the count. */
const [mostCommands, mostSections, mostSlices, largestCommands] = [4096, 4096, 20, 1 << 20];

/** The sections of a Mach-O file, or its architectures; undefined for another kind of file, or a damaged one. */
export async function machoParts(source: ByteSource): Promise<Part[] | undefined> {
  if (source.size < 32) return undefined;
  const head = viewOf(await source.read(0, 32));
  if (head.getUint32(0) === fat) return fatParts(source, head.getUint32(4));
  const little = thin.has(head.getUint32(0, true));
  const { bits } = thin.get(head.getUint32(0, little)) ?? {};
  if (bits === undefined) return undefined;
  const [count, length] = [head.getUint32(16, little), head.getUint32(20, little)];
  const { header, segment, section } = sizes[bits];
  if (count > mostCommands || length > largestCommands || header + length > source.size) return undefined;
  const commands = viewOf(await source.read(header, length));
  const parts: Part[] = [{ name: 'header and load commands', offset: 0, size: header + length, rank: 2 }];
  for (let at = 0, index = 0; index < count && at + 8 <= length; index++) {
    const [kind, size] = [commands.getUint32(at, little), commands.getUint32(at + 4, little)];
    if (size < 8 || at + size > length) return undefined;
    if (kind === segmentCommands[bits] && size >= segment) {
      const sections = commands.getUint32(at + segment - 8, little);
      if (sections > mostSections || segment + sections * section > size) return undefined;
      for (let each = 0; each < sections; each++) {
        const place = at + segment + each * section;
        const [offset, bytes] =
          bits === 32
            ? [commands.getUint32(place + 40, little), commands.getUint32(place + 36, little)]
            : [commands.getUint32(place + 48, little), Number(commands.getBigUint64(place + 40, little))];
        const name = `section ${textAt(commands, place + 16)},${textAt(commands, place)}`;
        if (offset > 0 && bytes > 0 && offset + bytes <= source.size)
          parts.push({ name, offset, size: bytes });
      }
    }
    at += size;
  }
  return parts.sort((a, b) => a.offset - b.offset);
}

async function fatParts(source: ByteSource, count: number): Promise<Part[] | undefined> {
  if (count === 0 || count > mostSlices || 8 + count * 20 > source.size) return undefined;
  const table = viewOf(await source.read(8, count * 20));
  const parts: Part[] = [];
  for (let index = 0; index < count; index++) {
    const at = index * 20;
    const [offset, size] = [table.getUint32(at + 8), table.getUint32(at + 12)];
    if (offset + size > source.size) return undefined;
    parts.push({ name: `architecture ${table.getUint32(at)}`, offset, size });
  }
  return parts.sort((a, b) => a.offset - b.offset);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** 16 bytes, filled up with zeros. */
function textAt(view: DataView, at: number): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset + at, 16);
  return Buffer.from(bytes).toString('latin1').replace(/\0.*$/s, '');
}
