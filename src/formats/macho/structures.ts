import { struct, text, u16le, u32le, u8 } from '../struct/index.ts';

/** The structures of a 32-bit object for i386 (Apple, "OS X ABI Mach-O File Format Reference"); all little-endian. */

export const machHeader = struct('macho.header', {
  magic: u32le, // 0xfeedface
  cpuType: u32le, // 7 is i386
  cpuSubtype: u32le,
  fileType: u32le, // 1 is MH_OBJECT
  commandCount: u32le,
  commandsSize: u32le,
  flags: u32le,
});

export const loadCommand = struct('macho.loadCommand', { command: u32le, size: u32le });

/** LC_SEGMENT after its load command; the sections follow. An object has one segment without a name. */
export const segmentCommand = struct('macho.segmentCommand', {
  name: text(16),
  address: u32le,
  memorySize: u32le,
  fileOffset: u32le,
  fileSize: u32le,
  maximumProtection: u32le,
  initialProtection: u32le,
  sectionCount: u32le,
  flags: u32le,
});

export const sectionHeader = struct('macho.section', {
  section: text(16),
  segment: text(16),
  address: u32le,
  size: u32le,
  offset: u32le,
  alignment: u32le, // a power of two
  relocationOffset: u32le,
  relocationCount: u32le,
  flags: u32le, // type in the lowest byte, attributes above
  reserved1: u32le, // index of the first entry in the indirect symbols
  reserved2: u32le, // size of a stub
});

export const symtabCommand = struct('macho.symtabCommand', {
  symbolOffset: u32le,
  symbolCount: u32le,
  stringOffset: u32le,
  stringSize: u32le,
});

/** LC_DYSYMTAB after its load command, as far as objects use it. */
export const dysymtabCommand = struct('macho.dysymtabCommand', {
  localFirst: u32le,
  localCount: u32le,
  externalFirst: u32le,
  externalCount: u32le,
  undefinedFirst: u32le,
  undefinedCount: u32le,
  contentsOffset: u32le,
  contentsCount: u32le,
  modulesOffset: u32le,
  modulesCount: u32le,
  referencesOffset: u32le,
  referencesCount: u32le,
  indirectOffset: u32le,
  indirectCount: u32le,
  externalRelocationOffset: u32le,
  externalRelocationCount: u32le,
  localRelocationOffset: u32le,
  localRelocationCount: u32le,
});

export const nlist = struct('macho.nlist', {
  nameOffset: u32le,
  type: u8,
  section: u8,
  description: u16le,
  value: u32le,
});

/** relocation_info and scattered_relocation_info: two words that mean one or the other. */
export const relocationEntry = struct('macho.relocation', { first: u32le, second: u32le });
