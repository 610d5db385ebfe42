import { FormatError } from '../base/index.ts';
import {
  relocationTypes,
  type MachObject,
  type MachSection,
  type Relocation,
} from '../formats/macho/index.ts';
import type { Addresses } from './addresses.ts';

/** What 16 bits of an address can tell apart. */
const segmentSize = 0x10000;

/** A section being relocated: its own bytes, which change, and how far it moved from its address in the object. */
interface Site {
  readonly object: MachObject;
  readonly section: MachSection;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly addresses: Addresses;
}

/**
 * Makes a section's bytes right for where it and everything else lie. i386 keeps the addend in place: what is added is
 * only how far the target and, where the processor adds its own address, the place itself have moved.
 * @param bytes the section's content in the image
 * @throws FormatError that names object, section and place
 */
export function relocate(
  object: MachObject,
  section: MachSection,
  bytes: Uint8Array,
  addresses: Addresses,
): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const site: Site = { object, section, bytes, view, addresses };
  for (let index = 0; index < section.relocations.length; index++) {
    const relocation = section.relocations[index] as Relocation;
    switch (relocationTypes[relocation.type]) {
      case 'VANILLA':
        checkBase(site, relocation);
        if (isOffset(site, relocation)) {
          addOffset(site, relocation, moved(site, relocation));
        } else {
          add(site, relocation, moved(site, relocation) - (relocation.pcRelative ? slide(site) : 0));
        }
        break;
      case 'SECTDIFF':
      case 'LOCAL_SECTDIFF':
        add(site, relocation, difference(site, relocation, section.relocations[++index]));
        break;
      default:
        unsupported(site, relocation);
    }
  }
}

/**
 * Of a scattered relocation that is relative to the program counter, LLVM's assembler leaves the section's own address
 * out of the addend (lib/Target/X86/MCTargetDesc/X86MachObjectWriter.cpp), Apple's does not. At 0 they agree.
 */
function checkBase(site: Site, relocation: Relocation): void {
  if (relocation.pcRelative && relocation.target.kind === 'address' && site.section.address !== 0) {
    const message = 'relative to the program counter and scattered, in a section that does not begin at 0';
    fail(site, relocation, `${message}: assemblers mean different things by it`);
  }
}

/** The two ends of a difference are where they were in the object; each has moved on its own. */
function difference(site: Site, from: Relocation, to: Relocation | undefined): number {
  if (to === undefined || relocationTypes[to.type] !== 'PAIR') {
    fail(site, from, 'a difference of sections without its PAIR');
  }
  if (from.target.kind !== 'address' || to.target.kind !== 'address' || from.pcRelative) {
    fail(site, from, 'a difference of sections that is not scattered, or relative to the program counter');
  }
  return moved(site, from) - moved(site, to);
}

/** How far a relocation's target is from where the object has it; of a symbol of others, which it has at 0, its address. */
function moved(site: Site, relocation: Relocation): number {
  const { object, addresses } = site;
  const { target } = relocation;
  switch (target.kind) {
    case 'symbol': {
      const symbol = object.symbols[target.index];
      if (symbol === undefined || symbol.kind === 'debug')
        fail(site, relocation, `there is no symbol ${target.index}`);
      return (
        addresses.ofSymbol(object, symbol) ??
        fail(site, relocation, `${symbol.name} is in a section that is left out`)
      );
    }
    case 'section': {
      if (target.ordinal === 0) return 0;
      const section = object.sections[target.ordinal - 1];
      if (section === undefined) fail(site, relocation, `there is no section ${target.ordinal}`);
      return (
        addresses.slideOf(section) ?? fail(site, relocation, `${section.segment},${section.name} is left out`)
      );
    }
    case 'address': {
      const section = addresses.sectionAt(object, target.value);
      if (section === undefined)
        fail(site, relocation, `no section has the address 0x${target.value.toString(16)}`);
      return (
        addresses.slideOf(section) ?? fail(site, relocation, `${section.segment},${section.name} is left out`)
      );
    }
  }
}

function slide(site: Site): number {
  return site.addresses.slideOf(site.section) ?? 0;
}

/**
 * Is it the address of something in the same 64 KiB as itself, in 16 bits? So code of real mode, whose segments begin
 * there, names its data. The bits above 16 are lost in the object already, be it an address there or a difference from
 * the segment's; ld64 does not ask for them either.
 */
function isOffset(site: Site, relocation: Relocation): boolean {
  const { address, size, pcRelative, target } = relocation;
  if (size !== 2 || pcRelative) return false;
  const by = moved(site, relocation);
  const place = site.section.address + slide(site) + address;
  const isNear = (at: number): boolean => Math.floor(at / segmentSize) === Math.floor(place / segmentSize);
  switch (target.kind) {
    case 'symbol':
      return isNear(by);
    case 'address':
      return isNear(target.value + by);
    case 'section': {
      const section = site.object.sections[target.ordinal - 1];
      if (section === undefined) return false;
      const first = section.address + by;
      return isNear(first) && isNear(first + Math.max(section.size, 1) - 1);
    }
  }
}

function addOffset(site: Site, relocation: Relocation, delta: number): void {
  const { view } = site;
  const { address } = relocation;
  if (address + 2 > view.byteLength) fail(site, relocation, 'it lies outside of the section');
  view.setUint16(address, (view.getUint16(address, true) + delta) % segmentSize, true);
}

/** Adds to the number at a relocation's place. @throws FormatError when the sum does not fit there */
function add(site: Site, relocation: Relocation, delta: number): void {
  const { address, size, pcRelative } = relocation;
  const { view } = site;
  if (address + size > view.byteLength) fail(site, relocation, 'it lies outside of the section');
  switch (size) {
    case 4:
      view.setUint32(address, view.getUint32(address, true) + delta, true);
      return;
    case 2:
      view.setUint16(
        address,
        narrow(site, relocation, view.getInt16(address, true), delta, pcRelative),
        true,
      );
      return;
    case 1:
      view.setUint8(address, narrow(site, relocation, view.getInt8(address), delta, pcRelative));
      return;
    default:
      fail(site, relocation, `${size} bytes are to be relocated`);
  }
}

/** A displacement is signed; an address may be meant either way, and so may what is there be. */
function narrow(
  site: Site,
  relocation: Relocation,
  signed: number,
  delta: number,
  displacement: boolean,
): number {
  const range = 2 ** (8 * relocation.size);
  const readings = displacement ? [signed] : [signed, signed < 0 ? signed + range : signed];
  const sum = readings
    .map((value) => value + delta)
    .find((value) => value >= -range / 2 && value < (displacement ? range / 2 : range));
  if (sum === undefined) {
    fail(
      site,
      relocation,
      `${signed} + ${delta} does not fit into ${relocation.size === 1 ? 'a byte' : '2 bytes'}`,
    );
  }
  return sum;
}

function unsupported(site: Site, relocation: Relocation): never {
  const name = relocationTypes[relocation.type];
  const what = name === undefined ? 'is not known' : `(${name}) is not supported here`;
  fail(site, relocation, `a relocation of type ${relocation.type} ${what}`);
}

function fail({ object, section }: Site, relocation: Relocation, message: string): never {
  const place = `${section.segment},${section.name} at 0x${relocation.address.toString(16)}`;
  throw new FormatError('macho', `${object.name}: ${place}: ${message}`, { offset: relocation.offset });
}
