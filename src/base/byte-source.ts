/**
 * Random access to bytes: a file, a range of one, a decoded image. Every format reads through it, so that formats nest.
 * `read` gives exactly `length` bytes or throws FormatError('byte-source') when the range leaves [0, size).
 */
export interface ByteSource {
  /** In bytes, a safe integer. */
  readonly size: number;
  read(offset: number, length: number): Promise<Uint8Array>;
  /**
   * Where the bytes of a range lie, in words of the source's own kind: two ranges with the same words are the same bytes,
   * and need not be read to know it. Undefined where it is not known; absent where it never is.
   */
  place?(offset: number, length: number): string | undefined;
}
