import type { Relocation } from './relocation.ts';

/** What a section holds, as far as a static linker treats it differently. */
export type SectionKind =
  /** Bytes: code, data, literals. Literals are not merged. */
  | 'content'
  /** Zeros that take no room in a file. */
  | 'zero-fill'
  /** Addresses of symbols, one for each entry of the indirect symbols from `firstIndirect` on. */
  | 'pointers';

export interface MachSection {
  readonly segment: string;
  readonly name: string;
  readonly kind: SectionKind;
  /** In the object. */
  readonly address: number;
  /** In bytes. */
  readonly size: number;
  /** As a power of two, at most 15. */
  readonly alignment: number;
  /** `size` bytes; undefined when zero-filled. */
  readonly content: Uint8Array | undefined;
  readonly relocations: readonly Relocation[];
  readonly firstIndirect: number;
  /** Where its header lies in the file. */
  readonly offset: number;
}
