import { spawn } from 'node:child_process';
import { Failure } from '../base/index.ts';

export interface ProgramResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** The Debian package to name when the program is missing. */
  readonly from: string;
  /** In bytes; what goes beyond ends the program. Index listings are the largest thing read this way. */
  readonly limit?: number;
}

/**
 * Runs a program to its end, speaking the C locale, and gives what it wrote, whatever its exit code.
 * @throws Failure 'no-program' when it is not there, 'interrupted' when the signal ends it
 */
export async function run(
  program: string,
  args: readonly string[],
  options: ProgramOptions,
): Promise<ProgramResult> {
  const { signal, limit = 256 << 20 } = options;
  signal?.throwIfAborted();
  const child = spawn(program, args, {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    env: { ...process.env, LC_ALL: 'C', LANGUAGE: '', ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = (): void => void child.kill('SIGTERM');
  signal?.addEventListener('abort', stop, { once: true });
  let size = 0;
  const collect = (into: Buffer[]) => (chunk: Buffer) => {
    size += chunk.length;
    if (size > limit) child.kill('SIGKILL');
    else into.push(chunk);
  };
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', collect(stdout));
  child.stderr.on('data', collect(stderr));
  try {
    const [exitCode, endedBy] = await new Promise<[number | null, NodeJS.Signals | null]>(
      (resolve, reject) => {
        child.once('error', (cause: NodeJS.ErrnoException) => {
          reject(missingProgram(program, options.from, cause));
        });
        child.once('close', (code, by) => resolve([code, by]));
      },
    );
    signal?.throwIfAborted();
    if (size > limit) throw new Failure('too-much-output', `${program} wrote more than ${limit} bytes`);
    if (exitCode === null)
      throw new Failure('program-killed', `${program} was ended by ${endedBy ?? 'a signal'}`);
    return {
      exitCode,
      stdout: Buffer.concat(stdout).toString('utf8'),
      stderr: Buffer.concat(stderr).toString('utf8'),
    };
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** As `run`, but a non-zero exit code is a Failure that shows what the program wrote on its error output. */
export async function runWell(
  program: string,
  args: readonly string[],
  options: ProgramOptions & { readonly what: string; readonly hint?: string },
): Promise<string> {
  const { exitCode, stdout, stderr } = await run(program, args, options);
  if (exitCode === 0) return stdout;
  throw new Failure(
    `${program}-failed`,
    `${options.what}: ${program} ended with exit code ${exitCode}\n${lastLines(stderr || stdout)}`,
    { hint: options.hint },
  );
}

export function missingProgram(program: string, from: string, cause: NodeJS.ErrnoException): Failure {
  return cause.code === 'ENOENT'
    ? new Failure('no-program', `the program ${program} is needed and is not there`, {
        hint: `Install ${from}.`,
        cause,
      })
    : new Failure('no-program', `the program ${program} cannot be started: ${cause.message}`, { cause });
}

/** The end of a program's output: what fits a message. */
export function lastLines(text: string, count = 8): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
