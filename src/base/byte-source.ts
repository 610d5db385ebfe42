/**
 * Random access to bytes: a file, a range of one, a decoded image. Every format reads through it, so that formats nest.
 * `read` gives exactly `length` bytes or throws FormatError('byte-source') when the range leaves [0, size).
 */
export interface ByteSource {
  /** In bytes, a safe integer. */
  readonly size: number;
  read(offset: number, length: number): Promise<Uint8Array>;
}
