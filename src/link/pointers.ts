import { FormatError } from '../base/index.ts';
import {
  indirectAbsolute,
  indirectLocal,
  type MachObject,
  type MachSection,
} from '../formats/macho/index.ts';
import type { Addresses } from './addresses.ts';

/**
 * Writes the addresses that a section of pointers stands for. Those of local symbols hold an address of the object,
 * and a relocation, where there is one, has moved it already.
 * @throws FormatError that names object, section and place
 */
export function fillPointers(
  object: MachObject,
  section: MachSection,
  bytes: Uint8Array,
  addresses: Addresses,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const relocated = new Set(section.relocations.map(({ address }) => address));
  const fail = (at: number, message: string): never => {
    const place = `${section.segment},${section.name} at 0x${at.toString(16)}`;
    throw new FormatError('macho', `${object.name}: ${place}: ${message}`, { offset: section.offset });
  };
  for (let at = 0; at < bytes.length; at += 4) {
    const index = object.indirect[section.firstIndirect + at / 4];
    if (index === undefined || at + 4 > bytes.length) return fail(at, 'the pointer has no indirect symbol');
    if (index >= indirectAbsolute) {
      // Either bit, or both: an absolute value stays.
      const local = index === indirectLocal && !relocated.has(at);
      if (local) view.setUint32(at, movedPointer(view.getUint32(at, true)), true);
      continue;
    }
    const symbol = object.symbols[index];
    if (symbol === undefined) return fail(at, `there is no symbol ${index}`);
    const address = addresses.ofSymbol(object, symbol);
    if (address === undefined) return fail(at, `${symbol.name} is in a section that is left out`);
    view.setUint32(at, address, true);

    function movedPointer(value: number): number {
      const target = addresses.sectionAt(object, value);
      const slide = target === undefined ? undefined : addresses.slideOf(target);
      return slide === undefined
        ? fail(at, `it points to 0x${value.toString(16)}, where nothing is`)
        : value + slide;
    }
  }
}
