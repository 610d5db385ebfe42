import type { MachObject, MachSection, MachSymbol } from '../formats/macho/index.ts';
import type { PlacedSection, Placement } from './place.ts';
import type { Definition, SymbolTable } from './symbols.ts';

/** Where everything is, once it is placed. Undefined is what lies in a section that is left out. */
export interface Addresses {
  /** Of a name that objects share. */
  readonly ofName: (name: string) => number | undefined;
  /** Of a symbol as one object means it. */
  readonly ofSymbol: (object: MachObject, symbol: MachSymbol) => number | undefined;
  /** How far a section is from its address in the object. */
  readonly slideOf: (section: MachSection) => number | undefined;
  /** The section of an object that an address of the object means. */
  readonly sectionAt: (object: MachObject, address: number) => MachSection | undefined;
}

export function addressesOf(symbols: SymbolTable, placement: Placement): Addresses {
  const slideOf = (section: MachSection): number | undefined => {
    const address = placement.addresses.get(section);
    return address === undefined ? undefined : address - section.address;
  };
  const inSection = (section: MachSection | undefined, address: number): number | undefined => {
    const slide = section === undefined ? undefined : slideOf(section);
    return slide === undefined ? undefined : address + slide;
  };
  const ofName = (name: string): number | undefined => {
    const definition = symbols.get(name);
    switch (definition?.kind) {
      case 'section':
        return inSection(definition.section, definition.address);
      case 'absolute':
        return definition.address;
      case 'common':
        return placement.commons.get(name);
      case 'edge':
        return edgeAddress(definition, placement.sections);
      case undefined:
        return undefined;
    }
  };
  return {
    ofName,
    slideOf,
    sectionAt,
    ofSymbol: (object, symbol) => {
      if (!('scope' in symbol) || symbol.scope === 'global') return ofName(symbol.name);
      if (symbol.kind === 'absolute') return symbol.address;
      return inSection(object.sections[symbol.section], symbol.address);
    },
  };
}

function edgeAddress(
  { edge, segment, section }: Extract<Definition, { kind: 'edge' }>,
  sections: readonly PlacedSection[],
): number | undefined {
  const meant = sections.filter((one) => one.segment === segment && (section ?? one.name) === one.name);
  const first = meant[0];
  const last = meant.at(-1);
  if (first === undefined || last === undefined) return undefined;
  return edge === 'start' ? first.address : last.address + last.size;
}

/**
 * An address at the border of two sections is the beginning of the second, unless symbols say that it is the end of
 * the first.
 */
function sectionAt(object: MachObject, address: number): MachSection | undefined {
  const inside = object.sections.find((one) => address >= one.address && address < one.address + one.size);
  if (inside !== undefined && (address > inside.address || hasSymbol(object, inside, address))) return inside;
  const touching = object.sections.filter(
    (one) => address === one.address || address === one.address + one.size,
  );
  return touching.find((one) => hasSymbol(object, one, address)) ?? inside ?? touching[0];
}

function hasSymbol(object: MachObject, section: MachSection, address: number): boolean {
  return object.symbols.some(
    (symbol) =>
      symbol.kind === 'section' && symbol.address === address && object.sections[symbol.section] === section,
  );
}
