/** A named range of a file: what somebody who sees a byte of it wants to be told. */
export interface Part {
  /** In the format's own words: "section .rodata", "member foo.o". Not unique: tar allows a name twice. */
  readonly name: string;
  /** In bytes from the beginning of the file. */
  readonly offset: number;
  readonly size: number;
  /** A header's fields, for what is told better by its meaning than by its bytes. */
  readonly fields?: Readonly<Record<string, string>>;
  /** How the range is packed; what it holds may have parts of its own. */
  readonly packing?: 'deflate';
  /** It follows from the rest, as a checksum or a table of offsets does: worth a word only when nothing else differs. */
  readonly derived?: boolean;
}

/** A file with more parts than this is taken as one piece. */
export const mostParts = 1_000_000;
