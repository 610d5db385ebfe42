import { Failure } from '../base/index.ts';
import type { MachObject, MachSection } from '../formats/macho/index.ts';
import { badLayout, commonSection, type Layout, type Placing } from './layout.ts';
import type { SymbolTable } from './symbols.ts';

/** A section of the image: those of the same name of all objects, one after another. */
export interface PlacedSection {
  readonly segment: string;
  readonly name: string;
  readonly address: number;
  /** In bytes. */
  readonly size: number;
  /** Behind the image's last byte. */
  readonly zeroFill: boolean;
  readonly parts: readonly PlacedPart[];
}

/** What of one object, or of the commons, lies in a section. */
export type PlacedPart = { readonly address: number; readonly size: number } & (
  | { readonly kind: 'section'; readonly object: MachObject; readonly section: MachSection }
  | { readonly kind: 'common'; readonly name: string }
);

export interface Placement {
  /** In the order of their addresses. */
  readonly sections: readonly PlacedSection[];
  readonly addresses: ReadonlyMap<MachSection, number>;
  readonly commons: ReadonlyMap<string, number>;
  /** First address behind the bytes, and behind what is zero-filled too. */
  readonly end: number;
  readonly zeroEnd: number;
}

/** In bytes: alignment alone could make a small object a large image. */
const largestImage = 2 ** 26;

interface Group {
  readonly segment: string;
  readonly name: string;
  readonly line: number;
  readonly parts: Unplaced[];
}

/** A part before it has an address; alignment in bytes. */
type Unplaced = { readonly size: number; readonly alignment: number } & (
  | { readonly kind: 'section'; readonly object: MachObject; readonly section: MachSection }
  | { readonly kind: 'common'; readonly name: string }
);

/**
 * Gives every section and common its address.
 * @throws Failure 'unplaced-section' for sections the layout does not name, 'bad-layout', 'image-too-large'
 */
export function place(
  objects: readonly MachObject[],
  symbols: SymbolTable,
  layout: Layout,
  placing: Placing,
): Placement {
  const groups = group(objects, symbols, placing);
  const addresses = new Map<MachSection, number>();
  const commons = new Map<string, number>();
  let address = layout.base;
  let end = address;
  const sections = groups.map((one): PlacedSection => {
    const alignment = one.parts.reduce((most, part) => Math.max(most, part.alignment), 1);
    const start = align(address, alignment);
    if (address === layout.base && start !== address) {
      throw badLayout(
        `its base 0x${address.toString(16)} is not a multiple of ${alignment}, as ${one.segment},${one.name} needs it`,
      );
    }
    address = start;
    const parts = one.parts.map((part): PlacedPart => {
      address = align(address, part.alignment);
      const placed = { ...part, address };
      if (part.kind === 'section') addresses.set(part.section, address);
      else commons.set(part.name, address);
      address += part.size;
      return placed;
    });
    const zeroFill = isZeroFill(one);
    if (!zeroFill) end = address;
    if (address > 2 ** 32 || end - layout.base > largestImage) {
      throw new Failure(
        'image-too-large',
        `the image ends at 0x${address.toString(16)}, with ${one.segment},${one.name}`,
      );
    }
    return { segment: one.segment, name: one.name, address: start, size: address - start, zeroFill, parts };
  });
  return { sections, addresses, commons, end, zeroEnd: address };
}

function group(objects: readonly MachObject[], symbols: SymbolTable, placing: Placing): Group[] {
  const groups = new Map<string, Group>();
  const lost = new Map<string, string>();
  const open = (segment: string, name: string, by: string): Unplaced[] => {
    const key = `${segment},${name}`;
    const line = placing(segment, name);
    if (line === 'drop') return [];
    if (line === undefined) {
      if (!lost.has(key)) lost.set(key, by);
      return [];
    }
    const found = groups.get(key) ?? { segment, name, line, parts: [] };
    groups.set(key, found);
    return found.parts;
  };
  for (const object of objects) {
    for (const section of object.sections) {
      const { size } = section;
      const part: Unplaced = { kind: 'section', size, alignment: 2 ** section.alignment, object, section };
      open(section.segment, section.name, object.name).push(part);
    }
  }
  for (const [name, { by, ...symbol }] of symbols) {
    if (symbol.kind === 'common') {
      const part: Unplaced = { kind: 'common', name, size: symbol.size, alignment: 2 ** symbol.alignment };
      open(commonSection.segment, commonSection.name, by).push(part);
    }
    // A section that nobody fills has edges too.
    if (symbol.kind === 'edge' && symbol.section !== undefined) open(symbol.segment, symbol.section, name);
  }
  if (lost.size > 0) {
    const lines = [...lost].map(([section, by]) => `  ${section} of ${by}`);
    throw new Failure('unplaced-section', `the layout has no place for\n${lines.join('\n')}`, {
      hint: 'Add it to the order of the layout, or to what is dropped.',
    });
  }
  return [...groups.values()].sort(
    (a, b) => Number(isZeroFill(a)) - Number(isZeroFill(b)) || a.line - b.line,
  );
}

function isZeroFill({ parts }: Group): boolean {
  return parts.every((part) => part.kind === 'common' || part.section.kind === 'zero-fill');
}

function align(address: number, alignment: number): number {
  return Math.ceil(address / alignment) * alignment;
}
