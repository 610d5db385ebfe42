import type { Decoded } from '../struct/index.ts';
import type { CommandRange } from './load-commands.ts';
import { bad, part, range, type ObjectFile } from './object-file.ts';
import { decodeRelocation, type Relocation } from './relocation.ts';
import type { MachSection, SectionKind } from './section.ts';
import { relocationEntry, sectionHeader, segmentCommand } from './structures.ts';

/** S_* of <mach-o/loader.h>: those that a static linker can place without merging or making anything. */
const kinds: ReadonlyMap<number, SectionKind> = new Map([
  [0x0, 'content'], // S_REGULAR
  [0x1, 'zero-fill'], // S_ZEROFILL
  [0x2, 'content'], // S_CSTRING_LITERALS
  [0x3, 'content'], // S_4BYTE_LITERALS
  [0x4, 'content'], // S_8BYTE_LITERALS
  [0x5, 'content'], // S_LITERAL_POINTERS
  [0x6, 'pointers'], // S_NON_LAZY_SYMBOL_POINTERS
  [0x9, 'content'], // S_MOD_INIT_FUNC_POINTERS
  [0xa, 'content'], // S_MOD_TERM_FUNC_POINTERS
  [0xb, 'content'], // S_COALESCED
  [0xe, 'content'], // S_16BYTE_LITERALS
]);

const largestAlignment = 15;

/** The sections of an object's one segment. */
export function readSections(file: ObjectFile, command: CommandRange): MachSection[] {
  const segment = part(file, segmentCommand, command.offset);
  const first = command.offset + segmentCommand.size;
  if (segment.sectionCount * sectionHeader.size > command.end - first) {
    bad(file, `${segment.sectionCount} sections do not fit into their command`, command.offset + 40);
  }
  // No byte of a file belongs to two sections, so what they take is bounded by the file.
  let room = file.bytes.length;
  return Array.from({ length: segment.sectionCount }, (_, index) => {
    const section = readSection(file, first + index * sectionHeader.size);
    room -= (section.content?.length ?? 0) + section.relocations.length * relocationEntry.size;
    if (room < 0) bad(file, 'the sections have more bytes than the object', section.offset);
    return section;
  });
}

function readSection(file: ObjectFile, offset: number): MachSection {
  const header = part(file, sectionHeader, offset);
  const name = `${header.segment},${header.section}`;
  const kind = kinds.get(header.flags & 0xff);
  if (kind === undefined) {
    const type = (header.flags & 0xff).toString(16);
    bad(file, `the section ${name} is of type 0x${type}, which is not supported`, offset + 56);
  }
  if (header.alignment > largestAlignment) {
    bad(file, `the section ${name} is aligned to 2^${header.alignment}`, offset + 44);
  }
  if (header.address + header.size > 2 ** 32) {
    bad(file, `the section ${name} extends beyond the address space`, offset + 32);
  }
  if (kind === 'zero-fill' && header.relocationCount > 0) {
    bad(file, `the section ${name} is zero-filled and has relocations`, offset + 52);
  }
  return {
    segment: header.segment,
    name: header.section,
    kind,
    address: header.address,
    size: header.size,
    alignment: header.alignment,
    content:
      kind === 'zero-fill'
        ? undefined
        : range(file, header.offset, header.size, `the section ${name}`, offset + 40),
    relocations: readRelocations(file, header, offset),
    firstIndirect: header.reserved1,
    offset: file.at + offset,
  };
}

function readRelocations(
  file: ObjectFile,
  { segment, section, relocationOffset, relocationCount }: Decoded<typeof sectionHeader>,
  from: number,
): Relocation[] {
  const what = `the relocations of ${segment},${section}`;
  range(file, relocationOffset, relocationCount * relocationEntry.size, what, from + 48);
  return Array.from({ length: relocationCount }, (_, index) => {
    const offset = relocationOffset + index * relocationEntry.size;
    return decodeRelocation(part(file, relocationEntry, offset), file.at + offset);
  });
}
