import type { ByteSource } from '../base/index.ts';
import { readArchive } from '../formats/ar/index.ts';
import { machMagic, readObject, type MachObject } from '../formats/macho/index.ts';

/** A file to link: an object or an archive of objects. */
export interface LinkInput {
  /** As messages and the map call it; no path of this machine, so that the map is the same everywhere. */
  readonly name: string;
  readonly source: ByteSource;
}

/**
 * Reads the inputs and picks what is linked: every object, and of each archive the members that define what is wanted
 * and not defined yet. Archives are searched in order, again and again, wherever they stand.
 * @returns in the order of the inputs, members in the order of their archive
 * @throws FormatError that names the object or archive
 */
export async function loadObjects(inputs: readonly LinkInput[]): Promise<MachObject[]> {
  const all: { object: MachObject; needed: boolean }[] = [];
  for (const input of inputs) for (const entry of await readInput(input)) all.push(entry);

  const defined = new Set<string>();
  const wanted = new Set<string>();
  const take = (entry: (typeof all)[number]): void => {
    entry.needed = true;
    for (const symbol of entry.object.symbols) {
      if (symbol.kind === 'undefined') wanted.add(symbol.name);
      else if (isGlobal(symbol)) defined.add(symbol.name);
    }
  };
  const offers = new Map<string, (typeof all)[number]>();
  for (const entry of all) {
    if (entry.needed) take(entry);
    else {
      for (const symbol of entry.object.symbols) {
        if (isGlobal(symbol) && !offers.has(symbol.name)) offers.set(symbol.name, entry);
      }
    }
  }
  // A set's iteration comes to what is added on the way.
  for (const name of wanted) {
    const offer = offers.get(name);
    if (!defined.has(name) && offer !== undefined) take(offer);
  }
  return all.flatMap(({ object, needed }) => (needed ? [object] : []));
}

/** Can others refer to it? */
export function isGlobal(symbol: MachObject['symbols'][number]): boolean {
  return symbol.kind === 'common' || ('scope' in symbol && symbol.scope === 'global');
}

async function readInput({ name, source }: LinkInput): Promise<{ object: MachObject; needed: boolean }[]> {
  const magic = Buffer.from(await source.read(0, Math.min(machMagic.length, source.size)));
  if (magic.equals(machMagic)) return [{ object: await readObject(name, source), needed: true }];
  const members: { object: MachObject; needed: boolean }[] = [];
  for (const member of await readArchive(name, source)) {
    const object = await readObject(`${name}(${member.name})`, member.content, member.offset);
    members.push({ object, needed: false });
  }
  return members;
}
