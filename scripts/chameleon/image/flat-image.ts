/** A flat image, and what is known of it. */
export interface FlatImage {
  readonly bytes: Uint8Array;
  /** Address of the first byte. */
  readonly base: number;
  /** Where code lies, where the linker has said so; without it code may lie anywhere. */
  readonly code?: readonly Range[];
}

/** Addresses from `start` up to, and without, `end`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

export function codeRanges({ bytes, base, code }: FlatImage): readonly Range[] {
  return code ?? [{ start: base, end: base + bytes.length }];
}

export function mayBeCode(image: FlatImage, address: number): boolean {
  return codeRanges(image).some(({ start, end }) => address >= start && address < end);
}

/** Where functions that keep a frame begin, ascending: `push %ebp; mov %esp, %ebp`. */
export function functionsOf(image: FlatImage): number[] {
  const begin = Buffer.from([0x55, 0x89, 0xe5]);
  const all = Buffer.from(image.bytes.buffer, image.bytes.byteOffset, image.bytes.length);
  const found: number[] = [];
  for (let at = all.indexOf(begin); at >= 0; at = all.indexOf(begin, at + 1)) found.push(image.base + at);
  return found.filter((address) => mayBeCode(image, address));
}
