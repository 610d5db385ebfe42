import { FormatError, type ByteSource } from '../../base/index.ts';
import type { Part } from './part.ts';

export const elfMagic = Uint8Array.of(0x7f, 0x45, 0x4c, 0x46);

const sectionWithoutBytes = 8; // SHT_NOBITS
const largestTable = 16 << 20;

/**
 * The sections of an ELF file, in the order of the section header table, then its headers.
 * System V ABI, chapter 4: "ELF Header", "Sections". Both classes and byte orders.
 * @throws FormatError when a table leaves the file
 */
export async function elfParts(source: ByteSource): Promise<Part[]> {
  const ident = await source.read(0, Math.min(64, source.size));
  if (ident.length < 52) throw new FormatError('elf', 'the header is truncated', { offset: 0 });
  const wide = ident[4] === 2;
  if (wide && ident.length < 64) throw new FormatError('elf', 'the header is truncated', { offset: 0 });
  const little = ident[5] === 1;
  const view = new DataView(ident.buffer, ident.byteOffset, ident.length);
  const half = (at: number): number => view.getUint16(at, little);
  const header = {
    programs: wide ? Number(view.getBigUint64(32, little)) : view.getUint32(28, little),
    sections: wide ? Number(view.getBigUint64(40, little)) : view.getUint32(32, little),
    size: half(wide ? 52 : 40),
    programSize: half(wide ? 54 : 42),
    programCount: half(wide ? 56 : 44),
    sectionSize: half(wide ? 58 : 46),
    sectionCount: half(wide ? 60 : 48),
    names: half(wide ? 62 : 50),
  };
  const least = wide ? 64 : 40;
  if (header.sectionCount > 0 && header.sectionSize < least)
    throw new FormatError('elf', `section headers of ${header.sectionSize} bytes`, { offset: 0 });
  const length = header.sectionSize * header.sectionCount;
  const table = await range(source, header.sections, length, 'section headers');
  const sections = Array.from({ length: header.sectionCount }, (_, index) =>
    readSection(new DataView(table.buffer, table.byteOffset + index * header.sectionSize), wide, little),
  );
  const nameSection = sections[header.names];
  const names =
    nameSection === undefined
      ? new Uint8Array()
      : await range(source, nameSection.offset, nameSection.size, 'the names of sections');
  const parts: Part[] = [];
  for (const section of sections) {
    const { name, type, offset, size } = section;
    if (type === 0 || type === sectionWithoutBytes || size === 0) continue;
    const label = textAt(names, name);
    const rank = rankOf(section, label);
    const range = checked(source, offset, size);
    parts.push({ name: `section ${label}`, ...range, ...(rank === undefined ? {} : { rank }) });
  }
  const programs = header.programSize * header.programCount;
  if (programs > 0)
    parts.push({ name: 'program headers', ...checked(source, header.programs, programs), rank: 2 });
  if (length > 0) parts.push({ name: 'section headers', offset: header.sections, size: length, rank: 2 });
  parts.push({ name: 'ELF header', offset: 0, size: Math.min(header.size, source.size), rank: 2 });
  return parts;
}

/** Tables that the linker makes from the rest: symbols, relocations, hashes, dynamic linking, unwinding. */
const linkersTypes = new Set([2, 4, 5, 6, 9, 11, 0x6ffffff6]);
const linkersNames = /^\.(note\.gnu\.build-id|gnu_debuglink|strtab|dynstr|shstrtab|eh_frame.*|got.*|plt.*)$/;
const executable = 4; // SHF_EXECINSTR

function rankOf({ type, flags }: Section, label: string): 1 | 2 | undefined {
  if (linkersTypes.has(type) || linkersNames.test(label)) return 2;
  return (flags & executable) !== 0 ? 1 : undefined;
}

interface Section {
  readonly name: number;
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly size: number;
}

function readSection(view: DataView, wide: boolean, little: boolean): Section {
  const name = view.getUint32(0, little);
  const type = view.getUint32(4, little);
  const flags = view.getUint32(wide && !little ? 12 : 8, little);
  return wide
    ? {
        name,
        type,
        flags,
        offset: Number(view.getBigUint64(24, little)),
        size: Number(view.getBigUint64(32, little)),
      }
    : { name, type, flags, offset: view.getUint32(16, little), size: view.getUint32(20, little) };
}

async function range(source: ByteSource, offset: number, size: number, what: string): Promise<Uint8Array> {
  if (size > largestTable) throw new FormatError('elf', `${what} of ${size} bytes`, { offset });
  checked(source, offset, size);
  return source.read(offset, size);
}

function checked(source: ByteSource, offset: number, size: number): { offset: number; size: number } {
  if (offset > source.size || size > source.size - offset)
    throw new FormatError('elf', `${size} bytes at ${offset} extend beyond the file`, { offset });
  return { offset, size };
}

function textAt(names: Uint8Array, at: number): string {
  const end = names.indexOf(0, at);
  return Buffer.from(names.subarray(at, end < 0 ? names.length : end)).toString('latin1');
}
