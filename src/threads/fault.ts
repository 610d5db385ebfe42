import { Failure, FormatError, type FailureCode, systemReason } from '../base/index.ts';

/** An error's parts: classes do not survive the way between threads. */
export type Fault =
  | {
      readonly kind: 'format';
      readonly format: string;
      readonly reason: string;
      readonly offset: number | undefined;
    }
  | {
      readonly kind: 'failure';
      readonly code: FailureCode;
      readonly message: string;
      readonly hint: string | undefined;
    }
  | { readonly kind: 'system'; readonly code: string; readonly reason: string }
  | { readonly kind: 'bug'; readonly stack: string };

export function faultOf(error: unknown): Fault {
  if (error instanceof FormatError) {
    return { kind: 'format', format: error.format, reason: error.reason, offset: error.offset };
  }
  if (error instanceof Failure) {
    return { kind: 'failure', code: error.code, message: error.message, hint: error.hint };
  }
  if (error instanceof Error && 'code' in error && 'syscall' in error) {
    return { kind: 'system', code: String(error.code), reason: systemReason(error) };
  }
  return { kind: 'bug', stack: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

/** The error a fault stands for. */
export function errorOf(fault: Fault): Error {
  switch (fault.kind) {
    case 'format':
      return new FormatError(
        fault.format,
        fault.reason,
        fault.offset === undefined ? {} : { offset: fault.offset },
      );
    case 'failure':
      return new Failure(fault.code, fault.message, { hint: fault.hint });
    case 'system':
      return new Failure('image-io', `the image cannot be converted: ${fault.reason}`, {
        cause: Object.assign(new Error(fault.reason), { code: fault.code }),
      });
    case 'bug':
      return new Error(fault.stack);
  }
}
