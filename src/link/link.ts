import { addressesOf } from './addresses.ts';
import { readLayout, type Layout } from './layout.ts';
import { loadObjects, type LinkInput } from './load.ts';
import { symbolMap } from './map.ts';
import { place, type PlacedSection } from './place.ts';
import { fillPointers } from './pointers.ts';
import { relocate } from './relocate.ts';
import { resolveSymbols } from './symbols.ts';

export interface Linked {
  /** The bytes from the layout's base on; what is zero-filled follows behind and is not in them. */
  readonly image: Uint8Array;
  /** Address of the image's first byte. */
  readonly base: number;
  /** First address behind all that is zero-filled. */
  readonly end: number;
  readonly sections: readonly Pick<PlacedSection, 'segment' | 'name' | 'address' | 'size' | 'zeroFill'>[];
  /** Address of every name that objects share. */
  readonly symbols: ReadonlyMap<string, number>;
  /** Objects, sections and symbols in the form of `ld -map`. */
  readonly map: string;
}

/**
 * Links objects and archives for i386 into a flat image, as `ld -static -preload` and cutting off the header would.
 * The same inputs under the same names give the same bytes.
 * @throws FormatError for what is malformed or not supported: object, section, place
 * @throws Failure 'undefined-symbol', 'duplicate-symbol', 'unplaced-section', 'bad-layout', 'image-too-large'
 */
export async function link(inputs: readonly LinkInput[], layout: Layout): Promise<Linked> {
  const placing = readLayout(layout);
  const objects = await loadObjects(inputs);
  const table = resolveSymbols(objects, layout);
  const placement = place(objects, table, layout, placing);
  const addresses = addressesOf(table, placement);

  const image = new Uint8Array(placement.end - layout.base);
  for (const placed of placement.sections) {
    for (const part of placed.parts) {
      if (part.kind === 'common' || part.section.content === undefined) continue;
      const bytes = image.subarray(part.address - layout.base, part.address - layout.base + part.size);
      bytes.set(part.section.content);
      relocate(part.object, part.section, bytes, addresses);
      if (part.section.kind === 'pointers') fillPointers(part.object, part.section, bytes, addresses);
    }
  }
  const symbols = new Map<string, number>();
  for (const name of table.keys()) {
    const address = addresses.ofName(name);
    if (address !== undefined) symbols.set(name, address);
  }
  return {
    image,
    base: layout.base,
    end: placement.zeroEnd,
    sections: placement.sections,
    symbols,
    map: symbolMap(objects, placement),
  };
}
