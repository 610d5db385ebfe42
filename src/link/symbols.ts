import { Failure } from '../base/index.ts';
import type { MachObject, MachSection } from '../formats/macho/index.ts';
import type { Layout } from './layout.ts';
import { isGlobal } from './load.ts';

/** What a name stands for in the whole image. */
export type Definition =
  | {
      readonly kind: 'section';
      readonly section: MachSection;
      readonly address: number;
      readonly weak: boolean;
      readonly by: string;
    }
  | { readonly kind: 'absolute'; readonly address: number; readonly weak: boolean; readonly by: string }
  | {
      readonly kind: 'common';
      readonly size: number;
      readonly alignment: number;
      readonly weak: false;
      readonly by: string;
    }
  /** An edge of a section, or of a whole segment. */
  | {
      readonly kind: 'edge';
      readonly edge: 'start' | 'end';
      readonly segment: string;
      readonly section: string | undefined;
      readonly weak: false;
      readonly by: string;
    };

export type SymbolTable = ReadonlyMap<string, Definition>;

const linker = 'the linker';

/**
 * Finds the definition of every name that objects share. One that is defined for all beats a weak one and a common;
 * of commons the largest size and alignment are taken; a weak reference that nothing defines is 0.
 * @throws Failure 'duplicate-symbol' or 'undefined-symbol', which name all of them
 */
export function resolveSymbols(objects: readonly MachObject[], layout: Layout): SymbolTable {
  const table = new Map<string, Definition>();
  for (const [name, address] of Object.entries(layout.define ?? {})) {
    table.set(name, { kind: 'absolute', address, weak: false, by: 'the layout' });
  }
  const duplicates: string[] = [];
  for (const object of objects) {
    for (const symbol of object.symbols) {
      if (!isGlobal(symbol)) continue;
      const definition = definitionOf(symbol, object);
      const before = table.get(symbol.name);
      const chosen = before === undefined ? definition : choose(before, definition);
      if (chosen === undefined) {
        duplicates.push(`${symbol.name} is defined by ${before?.by ?? ''} and by ${definition.by}`);
      } else table.set(symbol.name, chosen);
    }
  }
  if (duplicates.length > 0) throw new Failure('duplicate-symbol', listed('duplicate symbol', duplicates));
  defineTheRest(objects, table);
  return table;
}

function definitionOf(symbol: MachObject['symbols'][number], object: MachObject): Definition {
  const by = object.name;
  switch (symbol.kind) {
    case 'section': {
      const section = object.sections[symbol.section];
      if (section === undefined) throw new Error(`${by} was read with a symbol of no section`);
      return { kind: 'section', section, address: symbol.address, weak: symbol.weak, by };
    }
    case 'absolute':
      return { kind: 'absolute', address: symbol.address, weak: symbol.weak, by };
    case 'common':
      return { kind: 'common', size: symbol.size, alignment: symbol.alignment, weak: false, by };
    case 'undefined':
    case 'debug':
      throw new Error(`${symbol.name} is not a definition`);
  }
}

/** Of two definitions of a name the one that holds; undefined when both claim it. */
function choose(before: Definition, now: Definition): Definition | undefined {
  if (before.kind === 'common' && now.kind === 'common') {
    const larger = now.size > before.size ? now : before;
    return { ...larger, alignment: Math.max(before.alignment, now.alignment) };
  }
  if (now.kind === 'common') return before;
  if (before.kind === 'common') return now;
  if (now.weak) return before;
  return before.weak ? now : undefined;
}

function defineTheRest(objects: readonly MachObject[], table: Map<string, Definition>): void {
  const missing = new Map<string, Set<string>>();
  const weak = new Set<string>();
  for (const object of objects) {
    for (const symbol of object.symbols) {
      if (symbol.kind !== 'undefined' || table.has(symbol.name)) continue;
      const edge = edgeNamed(symbol.name);
      if (edge !== undefined) table.set(symbol.name, edge);
      else if (symbol.weak) weak.add(symbol.name);
      else missing.set(symbol.name, (missing.get(symbol.name) ?? new Set()).add(object.name));
    }
  }
  if (missing.size > 0) {
    const lines = [...missing].map(([name, wanters]) => `${name}, wanted by ${several([...wanters])}`);
    throw new Failure('undefined-symbol', listed('undefined symbol', lines));
  }
  for (const name of weak) table.set(name, { kind: 'absolute', address: 0, weak: true, by: linker });
}

/**
 * Names for edges: ld64's `section$start$SEGMENT$section`, `segment$end$SEGMENT` and so on, and those of Apple's linkers
 * before it, `__SEGMENT__section__begin` and `__SEGMENT__section__end`.
 */
function edgeNamed(name: string): Definition | undefined {
  const older = /^(__[A-Z][A-Z0-9_]{0,13}?)(__[a-z][a-z0-9_]{0,13})__(begin|end)$/.exec(name);
  if (older !== null) {
    const edge = older[3] === 'begin' ? 'start' : 'end';
    return { kind: 'edge', edge, segment: older[1] ?? '', section: older[2], weak: false, by: linker };
  }
  const match =
    /^(?:section\$(start|end)\$([^$]{1,16})\$([^$]{1,16})|segment\$(start|end)\$([^$]{1,16}))$/.exec(name);
  if (match === null) return undefined;
  const edge = (match[1] ?? match[4]) as 'start' | 'end';
  return {
    kind: 'edge',
    edge,
    segment: match[2] ?? match[5] ?? '',
    section: match[3],
    weak: false,
    by: linker,
  };
}

const shown = 5;

function several(names: readonly string[]): string {
  const more = names.length - shown;
  return names.slice(0, shown).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function listed(what: string, lines: readonly string[]): string {
  return `${lines.length} ${what}${lines.length === 1 ? '' : 's'}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
