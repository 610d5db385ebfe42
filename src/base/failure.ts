/**
 * What went wrong outside of our bytes and our code: a server, a tool, a full disk, a lock that does not match.
 * Its message says what and where, its hint what to do. `temporary` marks what a retry can mend.
 * Anything thrown that is neither Failure, FormatError nor InvalidError is a bug and is reported as one.
 */
export class Failure extends Error {
  readonly code: string;
  readonly hint: string | undefined;
  readonly temporary: boolean;

  constructor(
    code: string,
    message: string,
    more: { readonly hint?: string | undefined; readonly temporary?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'Failure';
    this.code = code;
    this.hint = more.hint;
    this.temporary = more.temporary ?? false;
  }
}
