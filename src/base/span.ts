/** A range of a text file: offsets in UTF-16 code units, end exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A range of a named file, kept with every value read from it, so that an error found late points at its line. */
export interface Place {
  readonly file: string;
  readonly span: Span;
}
