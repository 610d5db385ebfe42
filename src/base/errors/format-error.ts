/**
 * Bad bytes: what a decoder throws. Its message ends with the format and the offset, for whoever looks closer.
 * @param format the format's name as its folder under src/formats has it, e.g. 'udif'
 * @param reason what is wrong, in words
 * @param where.offset absolute, in bytes, in the outermost file known, so that a hex dump finds it
 * @param where.whole the file as a whole is something else: the message names no byte
 */
export class FormatError extends Error {
  readonly format: string;
  readonly reason: string;
  readonly offset: number | undefined;

  constructor(
    format: string,
    reason: string,
    where: { readonly offset?: number; readonly whole?: boolean } = {},
  ) {
    const place =
      where.offset === undefined || where.whole === true ? '' : ` (${format}, at byte ${where.offset})`;
    super(reason + place);
    this.name = 'FormatError';
    this.format = format;
    this.reason = reason;
    this.offset = where.offset;
  }
}
