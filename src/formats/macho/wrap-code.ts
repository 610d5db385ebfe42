import {
  loadCommand,
  machHeader,
  nlist,
  sectionHeader,
  segmentCommand,
  symtabCommand,
} from './structures.ts';

/**
 * Makes an object whose one section is code at an address, so that a disassembler reads a flat image.
 * @param starts addresses in it that get a symbol each: there a disassembler begins anew
 */
export function wrapCode(code: Uint8Array, address: number, starts: readonly number[] = []): Uint8Array {
  const segmentSize = loadCommand.size + segmentCommand.size + sectionHeader.size;
  const symtabSize = loadCommand.size + symtabCommand.size;
  const offset = machHeader.size + segmentSize + symtabSize;
  const symbols = symbolsAt(starts);
  const symbolOffset = offset + code.length;
  const readable = 7;
  const header = machHeader.encode({
    magic: 0xfeedface,
    cpuType: 7,
    cpuSubtype: 3,
    fileType: 1,
    commandCount: 2,
    commandsSize: segmentSize + symtabSize,
    flags: 0,
  });
  const segment = segmentCommand.encode({
    name: '',
    address,
    memorySize: code.length,
    fileOffset: offset,
    fileSize: code.length,
    maximumProtection: readable,
    initialProtection: readable,
    sectionCount: 1,
    flags: 0,
  });
  const section = sectionHeader.encode({
    section: '__text',
    segment: '__TEXT',
    address,
    size: code.length,
    offset,
    alignment: 0,
    relocationOffset: 0,
    relocationCount: 0,
    flags: 0x80000400, // S_ATTR_PURE_INSTRUCTIONS, S_ATTR_SOME_INSTRUCTIONS
    reserved1: 0,
    reserved2: 0,
  });
  return Buffer.concat([
    header,
    loadCommand.encode({ command: 1, size: segmentSize }),
    segment,
    section,
    loadCommand.encode({ command: 2, size: symtabSize }),
    symtabCommand.encode({
      symbolOffset,
      symbolCount: starts.length,
      stringOffset: symbolOffset + symbols.entries.length,
      stringSize: symbols.names.length,
    }),
    code,
    symbols.entries,
    symbols.names,
  ]);
}

/** The table of symbols, and of their names: an underscore and the address. */
function symbolsAt(starts: readonly number[]): { readonly entries: Uint8Array; readonly names: Uint8Array } {
  // The first name is the empty one.
  let names = '\0';
  const entries = starts.map((value) => {
    const nameOffset = names.length;
    names += `_${value.toString(16)}\0`;
    const inSection = 0x0e;
    return nlist.encode({ nameOffset, type: inSection, section: 1, description: 0, value });
  });
  return { entries: Buffer.concat(entries), names: Buffer.from(names, 'latin1') };
}
