import { useCodes, type FailureCode } from './failure-code.ts';

/** Whose fault it is: the call's or the project's files' ('use'), or that of what was run ('world'). */
export type FailureKind = 'use' | 'world';

/**
 * What went wrong outside of our bytes and our code: a server, a tool, a full disk, a lock that does not match.
 * Its message says what and where, its hint what to do. `temporary` marks what a retry can mend.
 * Anything thrown that is neither Failure, FormatError nor InvalidError is a bug and is reported as one.
 */
export class Failure extends Error {
  readonly code: FailureCode;
  readonly hint: string | undefined;
  readonly temporary: boolean;

  constructor(
    code: FailureCode,
    message: string,
    more: { readonly hint?: string | undefined; readonly temporary?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause });
    this.name = 'Failure';
    this.code = code;
    this.hint = more.hint;
    this.temporary = more.temporary ?? false;
  }

  /** Decides the exit code of the process: 2 for 'use', 1 for 'world'. */
  get kind(): FailureKind {
    return (useCodes as readonly FailureCode[]).includes(this.code) ? 'use' : 'world';
  }
}
