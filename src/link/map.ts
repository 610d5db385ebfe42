import type { MachObject, MachSection } from '../formats/macho/index.ts';
import type { Placement, PlacedPart } from './place.ts';

/** The map as `ld -map` of Apple writes it: objects by number, sections, and symbols in the order of their addresses. */
export function symbolMap(objects: readonly MachObject[], { sections }: Placement): string {
  const numbers = new Map(objects.map((object, index) => [object, index + 1]));
  const bySection = symbolsBySection(objects);
  const lines = ['# Arch: i386', '# Object files:', '[  0] linker synthesized'];
  for (const [object, number] of numbers) lines.push(`${file(number)} ${object.name}`);
  lines.push('# Sections:', '# Address\tSize    \tSegment\tSection');
  for (const one of sections) lines.push([hex(one.address), hex(one.size), one.segment, one.name].join('\t'));
  lines.push('# Symbols:', '# Address\tSize    \tFile  Name');
  for (const part of sections.flatMap(({ parts }) => parts)) {
    const number = part.kind === 'common' ? 0 : (numbers.get(part.object) ?? 0);
    for (const { address, size, name } of symbolsOf(part, bySection)) {
      lines.push(`${hex(address)}\t${hex(size)}\t${file(number)} ${name}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** `address` as the object has it. */
interface Named {
  readonly name: string;
  readonly address: number;
}

function symbolsBySection(objects: readonly MachObject[]): Map<MachSection, Named[]> {
  const bySection = new Map<MachSection, Named[]>();
  for (const { sections, symbols } of objects) {
    for (const section of sections) bySection.set(section, []);
    for (const symbol of symbols) {
      if (symbol.kind !== 'section') continue;
      const section = sections[symbol.section];
      if (section !== undefined) bySection.get(section)?.push(symbol);
    }
  }
  return bySection;
}

/** A symbol reaches to the next address that has one, the last to the end of its part. */
function symbolsOf(
  part: PlacedPart,
  bySection: ReadonlyMap<MachSection, readonly Named[]>,
): (Named & { readonly size: number })[] {
  if (part.kind === 'common') return [part];
  const slide = part.address - part.section.address;
  const symbols = [...(bySection.get(part.section) ?? [])].sort((a, b) => a.address - b.address);
  let end = part.address + part.size;
  let start = end;
  return symbols
    .reverse()
    .map(({ name, address }) => {
      if (address + slide < start) [end, start] = [start, address + slide];
      return { name, address: start, size: end - start };
    })
    .reverse();
}

function hex(value: number): string {
  return `0x${value.toString(16).toUpperCase().padStart(8, '0')}`;
}

function file(number: number): string {
  return `[${String(number).padStart(3)}]`;
}
