/** A symbol of an object; its place in the table is what relocations know it by. */
export type MachSymbol = { readonly name: string } & (
  | {
      readonly kind: 'section';
      readonly section: number;
      readonly address: number;
      readonly scope: Scope;
      readonly weak: boolean;
    }
  | { readonly kind: 'absolute'; readonly address: number; readonly scope: Scope; readonly weak: boolean }
  /** `alignment` as a power of two. */
  | { readonly kind: 'common'; readonly size: number; readonly alignment: number }
  /** `weak`: zero when nothing defines it. */
  | { readonly kind: 'undefined'; readonly weak: boolean }
  /** A stab: for debuggers. */
  | { readonly kind: 'debug' }
);

/** Whom a definition is for: its own object, or all that are linked. */
export type Scope = 'local' | 'global';
