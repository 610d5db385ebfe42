import type { MachObject, MachSection } from '../formats/macho/index.ts';

/** The section of an object that an address of the object means; each is looked for once. */
export type SectionIndex = (address: number) => MachSection | undefined;

/**
 * An address at the border of two sections is the beginning of the second, unless symbols say that it is the end of
 * the first.
 */
export function indexSections({ sections, symbols }: MachObject): SectionIndex {
  const sorted = sections.filter(({ size }) => size > 0).sort((a, b) => a.address - b.address);
  const touching = new Map<number, MachSection[]>();
  const add = (address: number, section: MachSection): void => {
    const there = touching.get(address);
    if (there === undefined) touching.set(address, [section]);
    else there.push(section);
  };
  for (const section of sections) {
    add(section.address, section);
    add(section.address + section.size, section);
  }
  const named = new Map<number, Set<MachSection | undefined>>();
  for (const symbol of symbols) {
    if (symbol.kind !== 'section' || !touching.has(symbol.address)) continue;
    const there = named.get(symbol.address) ?? new Set();
    named.set(symbol.address, there.add(sections[symbol.section]));
  }

  const find = (address: number): MachSection | undefined => {
    const inside = lastAtOrBefore(sorted, address);
    const isInside = inside !== undefined && address < inside.address + inside.size;
    const names = named.get(address);
    if (isInside && (address > inside.address || names?.has(inside) === true)) return inside;
    const around = touching.get(address) ?? [];
    return around.find((section) => names?.has(section)) ?? (isInside ? inside : around[0]);
  };
  const found = new Map<number, MachSection | undefined>();
  return (address) => {
    if (!found.has(address)) found.set(address, find(address));
    return found.get(address);
  };
}

function lastAtOrBefore(sorted: readonly MachSection[], address: number): MachSection | undefined {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle]?.address ?? 0) <= address) low = middle + 1;
    else high = middle;
  }
  return sorted[low - 1];
}
