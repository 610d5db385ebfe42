import type { MachObject, MachSection, MachSymbol } from '../formats/macho/index.ts';
import type { PlacedSection, Placement } from './place.ts';
import { indexSections, type SectionIndex } from './section-index.ts';
import type { SymbolTable } from './symbols.ts';

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
  const edges = edgesOf(placement.sections);
  const indexes = new Map<MachObject, SectionIndex>();
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
        return edges.get(edgeKey(definition.segment, definition.section))?.[definition.edge];
      case undefined:
        return undefined;
    }
  };
  return {
    ofName,
    slideOf,
    sectionAt: (object, address) => {
      const index = indexes.get(object) ?? indexSections(object);
      indexes.set(object, index);
      return index(address);
    },
    ofSymbol: (object, symbol) => {
      if (!('scope' in symbol) || symbol.scope === 'global') return ofName(symbol.name);
      if (symbol.kind === 'absolute') return symbol.address;
      return inSection(object.sections[symbol.section], symbol.address);
    },
  };
}

/** Where each section and each segment begins and ends, by `edgeKey`. */
function edgesOf(sections: readonly PlacedSection[]): Map<string, { start: number; end: number }> {
  const edges = new Map<string, { start: number; end: number }>();
  for (const { segment, name, address, size } of sections) {
    const end = address + size;
    edges.set(edgeKey(segment, name), { start: address, end });
    edges.set(edgeKey(segment), { start: edges.get(edgeKey(segment))?.start ?? address, end });
  }
  return edges;
}

function edgeKey(segment: string, section?: string): string {
  return section === undefined ? segment : `${segment},${section}`;
}
