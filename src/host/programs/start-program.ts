import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { Failure, systemReason } from '../../base/index.ts';

/** What a program gets as a standard stream: a descriptor of this process, a pipe to it, nothing, or its own. */
export type Stdio = number | 'pipe' | 'ignore' | 'inherit';

/** The options of a program's start; `stdio` begins with standard input. */
export type StartOptions = Omit<SpawnOptions, 'stdio'> & { readonly stdio: readonly Stdio[] };

/**
 * Starts a program. Every program of cidermill's is started here; the launcher (bin/descriptors.mjs) has closed the
 * caller's descriptors before. When the program is missing, the child emits 'error', which `notStarted` puts into words.
 */
export function startProgram(program: string, args: readonly string[], options: StartOptions): ChildProcess {
  try {
    return spawn(program, args, { ...options, stdio: [...options.stdio] });
  } catch (cause) {
    throw notStarted(program, undefined, cause);
  }
}

/** @param from the Debian package to name when the program is not there */
export function notStarted(
  program: string,
  from: string | undefined,
  cause: unknown,
  failure: 'no-program' | 'qemu-not-started' = 'no-program',
): Failure {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOENT') {
    return new Failure(failure, `the program ${program} is needed but is not installed`, {
      hint: from === undefined ? undefined : `Install ${from}.`,
      cause,
    });
  }
  const why = startFaults[String(code)] ?? systemReason(cause);
  return new Failure(failure, `the program ${program} cannot be started: ${why}`, { cause });
}

const startFaults: Readonly<Record<string, string>> = {
  E2BIG: 'its arguments are too long',
  EACCES: 'permission denied',
  EAGAIN: 'too many processes',
  ENOEXEC: 'it is not a program for this machine',
  ENOMEM: 'not enough memory',
  ERR_INVALID_ARG_VALUE: 'an argument contains a zero byte',
  ETXTBSY: 'it is being written',
};
