/**
 * Bad bytes: what a decoder throws.
 * @param format the format's name as its folder under src/formats has it, e.g. 'udif'
 * @param offset absolute, in bytes, in the outermost file known, so that a hex dump finds it
 */
export class FormatError extends Error {
  readonly format: string;
  readonly offset: number | undefined;

  constructor(format: string, message: string, where: { readonly offset?: number } = {}) {
    super(
      where.offset === undefined
        ? `${format}: ${message}`
        : `${format}: ${message} (at byte ${where.offset})`,
    );
    this.name = 'FormatError';
    this.format = format;
    this.offset = where.offset;
  }
}
