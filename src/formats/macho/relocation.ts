import type { Decoded } from '../struct/index.ts';
import type { relocationEntry } from './structures.ts';

/** GENERIC_RELOC_*: what a relocation of i386 can be; the number is its type. */
export const relocationTypes = ['VANILLA', 'PAIR', 'SECTDIFF', 'PB_LA_PTR', 'LOCAL_SECTDIFF', 'TLV'] as const;

/** A place in a section whose bytes depend on where something else ends up. */
export interface Relocation {
  /** Of the place, in bytes from the section's beginning; in a scattered PAIR without meaning. */
  readonly address: number;
  /** 0…5, see `relocationTypes`; a file can hold up to 15. */
  readonly type: number;
  /** In bytes: 1, 2, 4 or 8. */
  readonly size: number;
  readonly pcRelative: boolean;
  readonly target:
    | { readonly kind: 'symbol'; readonly index: number }
    /** 1-based; 0 is an absolute value. */
    | { readonly kind: 'section'; readonly ordinal: number }
    /** Scattered: an address of the object, of what is meant without its addend. */
    | { readonly kind: 'address'; readonly value: number };
  /** Where the entry lies in the file. */
  readonly offset: number;
}

/** Unpacks the bit fields of <mach-o/reloc.h>, little-endian. */
export function decodeRelocation(entry: Decoded<typeof relocationEntry>, offset: number): Relocation {
  const { first, second } = entry;
  if (first >>> 31 === 1) {
    return {
      address: first & 0xffffff,
      type: (first >>> 24) & 0xf,
      size: 1 << ((first >>> 28) & 3),
      pcRelative: ((first >>> 30) & 1) === 1,
      target: { kind: 'address', value: second },
      offset,
    };
  }
  const number = second & 0xffffff;
  return {
    address: first,
    type: second >>> 28,
    size: 1 << ((second >>> 25) & 3),
    pcRelative: ((second >>> 24) & 1) === 1,
    target:
      ((second >>> 27) & 1) === 1 ? { kind: 'symbol', index: number } : { kind: 'section', ordinal: number },
    offset,
  };
}
