/** A named range of a file: what somebody who sees a byte of it wants to be told. */
export interface Part {
  /** In the format's own words: "section .rodata", "member foo.o". Not unique: tar allows a name twice. */
  readonly name: string;
  /** In bytes from the beginning of the file. */
  readonly offset: number;
  readonly size: number;
  /** Of a header: what it says by itself; sizes and checksums, which follow from the content, are not among them. */
  readonly fields?: Readonly<Record<string, string>>;
  /** How the range is packed; what it holds may have parts of its own. */
  readonly packing?: 'deflate';
  /**
   * 1: it moves when something before it does, as code does that refers to data. 2: it follows from the rest, as
   * checksums and tables of offsets do. Of the parts that differ, one of the lowest rank tells the most; 0 if absent.
   */
  readonly rank?: 1 | 2;
}

/** A file with more parts than this is taken as one piece. */
export const mostParts = 1_000_000;
