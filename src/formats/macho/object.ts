import { FormatError, type ByteSource } from '../../base/index.ts';
import { u32le } from '../struct/index.ts';
import { readLoadCommands } from './load-commands.ts';
import { bad, part, range, type ObjectFile } from './object-file.ts';
import { readSections } from './read-sections.ts';
import { readSymbols } from './read-symbols.ts';
import type { MachSection } from './section.ts';
import { dysymtabCommand, machHeader, symtabCommand } from './structures.ts';
import type { MachSymbol } from './symbol.ts';

/** An object for i386: what a compiler or assembler makes of one file. */
export interface MachObject {
  /** As messages call it. */
  readonly name: string;
  readonly sections: readonly MachSection[];
  /** All of the table, in its order. */
  readonly symbols: readonly MachSymbol[];
  /** What pointers stand for: indices into `symbols`, or the bits below. */
  readonly indirect: readonly number[];
}

/** Bits of an entry that names no symbol: the pointer's own content says what it points to. */
export const indirectLocal = 0x80000000;
export const indirectAbsolute = 0x40000000;

/** 0xfeedface as a little-endian file begins. */
export const machMagic = Uint8Array.of(0xce, 0xfa, 0xed, 0xfe);

/** In bytes: no object comes near. */
const largestObject = 2 ** 26;

/**
 * Reads a relocatable object (MH_OBJECT, i386).
 * @param name as messages call it
 * @param at where it begins in the outermost file: for errors
 * @throws FormatError that names the object, what is wrong and where
 */
export async function readObject(name: string, source: ByteSource, at = 0): Promise<MachObject> {
  if (source.size > largestObject) {
    throw new FormatError('macho', `${name}: no object has ${source.size} bytes`, { offset: at });
  }
  const file: ObjectFile = { name, bytes: await source.read(0, source.size), at };
  const header = part(file, machHeader, 0);
  if (header.magic !== 0xfeedface) bad(file, 'this is not a Mach-O object of 32 bits', 0);
  if (header.cpuType !== 7) bad(file, `the processor ${header.cpuType} is not i386 (7)`, 4);
  if (header.fileType !== 1)
    bad(file, `the file type ${header.fileType} is not a relocatable object (1)`, 12);
  const commands = readLoadCommands(file, header.commandCount, header.commandsSize);
  const [segment, symtab, dysymtab] = [
    commands.get('segment'),
    commands.get('symtab'),
    commands.get('dysymtab'),
  ];
  const sections = segment === undefined ? [] : readSections(file, segment);
  return {
    name,
    sections,
    symbols:
      symtab === undefined ? [] : readSymbols(file, part(file, symtabCommand, symtab.offset), sections),
    indirect: dysymtab === undefined ? [] : readIndirect(file, dysymtab.offset),
  };
}

function readIndirect(file: ObjectFile, command: number): number[] {
  const { indirectOffset, indirectCount } = part(file, dysymtabCommand, command);
  const table = range(file, indirectOffset, 4 * indirectCount, 'the indirect symbols', command);
  const view = new DataView(table.buffer, table.byteOffset, table.length);
  return Array.from({ length: indirectCount }, (_, index) => u32le.read(view, 4 * index));
}
