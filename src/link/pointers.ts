import { FormatError } from '../base/index.ts';
import {
  indirectAbsolute,
  indirectLocal,
  type MachObject,
  type MachSection,
} from '../formats/macho/index.ts';
import type { Addresses } from './addresses.ts';

/**
 * Writes the addresses that a section of pointers stands for.
 * @param bytes the section's content in the image, relocated
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
  for (let at = 0; at < bytes.length; at += 4) {
    const index = object.indirect[section.firstIndirect + at / 4];
    if (index === undefined || at + 4 > bytes.length)
      throw fault(object, section, at, 'it refers to nothing');
    // What a relocation has moved is right, and so is an absolute value.
    if (index >= indirectAbsolute && (index !== indirectLocal || relocated.has(at))) continue;
    const address =
      index === indirectLocal
        ? moved(object, view.getUint32(at, true), addresses)
        : addressOf(object, index, addresses);
    if (address === undefined) {
      throw fault(object, section, at, 'what it refers to is missing, or in a section that is left out');
    }
    view.setUint32(at, address, true);
  }
}

function addressOf(object: MachObject, index: number, addresses: Addresses): number | undefined {
  const symbol = object.symbols[index];
  return symbol === undefined ? undefined : addresses.ofSymbol(object, symbol);
}

/** Of a local symbol the pointer holds the address in the object. */
function moved(object: MachObject, address: number, addresses: Addresses): number | undefined {
  const section = addresses.sectionAt(object, address);
  const slide = section === undefined ? undefined : addresses.slideOf(section);
  return slide === undefined ? undefined : address + slide;
}

function fault(object: MachObject, section: MachSection, at: number, message: string): FormatError {
  const place = `the pointer ${section.segment},${section.name} at 0x${at.toString(16)}`;
  return new FormatError('macho', `${object.name}: ${place}: ${message}`, { offset: section.offset });
}
