import type { MachObject } from '../formats/macho/index.ts';
import type { Placement, PlacedPart } from './place.ts';

/** The map as `ld -map` of Apple writes it: objects by number, sections, and symbols in the order of their addresses. */
export function symbolMap(objects: readonly MachObject[], { sections }: Placement): string {
  const numbers = new Map(objects.map((object, index) => [object, index + 1]));
  const lines = ['# Arch: i386', '# Object files:', '[  0] linker synthesized'];
  for (const [object, number] of numbers) lines.push(`${file(number)} ${object.name}`);
  lines.push('# Sections:', '# Address\tSize    \tSegment\tSection');
  for (const one of sections) lines.push([hex(one.address), hex(one.size), one.segment, one.name].join('\t'));
  lines.push('# Symbols:', '# Address\tSize    \tFile  Name');
  for (const part of sections.flatMap(({ parts }) => parts)) {
    const number = part.kind === 'common' ? 0 : (numbers.get(part.object) ?? 0);
    for (const { address, size, name } of symbolsOf(part)) {
      lines.push(`${hex(address)}\t${hex(size)}\t${file(number)} ${name}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

/** A symbol reaches to the next one, the last to the end of its part. */
function symbolsOf(part: PlacedPart): { name: string; address: number; size: number }[] {
  if (part.kind === 'common') return [part];
  const { object, section, address } = part;
  const symbols = object.symbols
    .flatMap((symbol) =>
      symbol.kind === 'section' && object.sections[symbol.section] === section
        ? [{ name: symbol.name, address: symbol.address - section.address + address }]
        : [],
    )
    .sort((a, b) => a.address - b.address);
  const end = address + part.size;
  return symbols.map((symbol) => {
    const next = symbols.find((other) => other.address > symbol.address)?.address ?? end;
    return { ...symbol, size: next - symbol.address };
  });
}

function hex(value: number): string {
  return `0x${value.toString(16).toUpperCase().padStart(8, '0')}`;
}

function file(number: number): string {
  return `[${String(number).padStart(3)}]`;
}
