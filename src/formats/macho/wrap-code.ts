import { machHeader, segmentCommand, loadCommand, sectionHeader } from './structures.ts';

/** An object whose one section is code at an address: so a disassembler reads a flat image. */
export function wrapCode(code: Uint8Array, address: number): Uint8Array {
  const commandSize = loadCommand.size + segmentCommand.size + sectionHeader.size;
  const offset = machHeader.size + commandSize;
  const readable = 7;
  const header = machHeader.encode({
    magic: 0xfeedface,
    cpuType: 7,
    cpuSubtype: 3,
    fileType: 1,
    commandCount: 1,
    commandsSize: commandSize,
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
    loadCommand.encode({ command: 1, size: commandSize }),
    segment,
    section,
    code,
  ]);
}
