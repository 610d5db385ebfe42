import type { Decoded } from '../struct/index.ts';
import { bad, part, range, type ObjectFile } from './object-file.ts';
import type { MachSection } from './section.ts';
import { nlist, type symtabCommand } from './structures.ts';
import type { MachSymbol } from './symbol.ts';

/** Bits of n_type (<mach-o/nlist.h>): a stab if any of `stab`; `privateExternal` is seen by all that are linked. */
const typeBits = { stab: 0xe0, privateExternal: 0x10, type: 0x0e, external: 0x01 } as const;
const symbolType = { undefined: 0x0, absolute: 0x2, section: 0xe } as const;
/** Bits of n_desc: zero when undefined, one of many alike when defined. */
const weakReference = 0x40;
const weakDefinition = 0x80;

/** C++ names can be long; a table without a NUL is not a name. */
const longestName = 2 ** 14;

/** The symbol table. */
export function readSymbols(
  file: ObjectFile,
  symtab: Decoded<typeof symtabCommand>,
  sections: readonly MachSection[],
): MachSymbol[] {
  const { symbolOffset, symbolCount, stringOffset, stringSize } = symtab;
  range(file, symbolOffset, symbolCount * nlist.size, 'the symbol table', symbolOffset);
  const strings = Buffer.from(range(file, stringOffset, stringSize, 'the string table', symbolOffset));
  let room = 16 * file.bytes.length;
  return Array.from({ length: symbolCount }, (_, index) => {
    const offset = symbolOffset + index * nlist.size;
    const entry = part(file, nlist, offset);
    const name = nameAt(file, strings, entry.nameOffset, index, offset);
    room -= name.length;
    if (room < 0) bad(file, 'the names of its symbols are longer together than a file can be', offset);
    return readSymbol(file, name, entry, sections, offset);
  });
}

function nameAt(file: ObjectFile, strings: Buffer, start: number, index: number, offset: number): string {
  if (start === 0) return '';
  if (start >= strings.length) bad(file, `symbol ${index} has its name outside of the string table`, offset);
  const end = strings.subarray(start, start + longestName).indexOf(0);
  if (end < 0) bad(file, `the name of symbol ${index} does not end`, offset);
  return strings.toString('latin1', start, start + end);
}

function readSymbol(
  file: ObjectFile,
  name: string,
  { type, section, description, value }: Decoded<typeof nlist>,
  sections: readonly MachSection[],
  offset: number,
): MachSymbol {
  if ((type & typeBits.stab) !== 0) return { name, kind: 'debug' };
  const scope = (type & (typeBits.external | typeBits.privateExternal)) === 0 ? 'local' : 'global';
  const weak = (description & weakDefinition) !== 0;
  switch (type & typeBits.type) {
    case symbolType.undefined:
      if (value === 0) return { name, kind: 'undefined', weak: (description & weakReference) !== 0 };
      return { name, kind: 'common', size: value, alignment: commonAlignment(value, description) };
    case symbolType.absolute:
      return { name, kind: 'absolute', address: value, scope, weak };
    case symbolType.section: {
      const of = sections[section - 1];
      if (of === undefined) {
        bad(file, `the symbol ${name} is in section ${section} of ${sections.length}`, offset + 5);
      }
      if (value < of.address || value > of.address + of.size) {
        bad(file, `the symbol ${name} is outside of its section ${of.segment},${of.name}`, offset + 8);
      }
      return { name, kind: 'section', section: section - 1, address: value, scope, weak };
    }
    default:
      bad(file, `the symbol ${name} is of type 0x${type.toString(16)}, which is not supported`, offset + 4);
  }
}

/** Four bits of n_desc say it; without them it is the size's, as for ld64. */
function commonAlignment(size: number, description: number): number {
  const given = (description >> 8) & 0xf;
  return given > 0 ? given : Math.min(Math.ceil(Math.log2(size)), 15);
}
