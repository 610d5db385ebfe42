import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Failure } from '../../base/index.ts';
import { notStarted, startProgram } from './start-program.ts';

export interface ProgramResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly cwd?: string;
  /** Beside this process's own variables and the C locale. */
  readonly environment?: Readonly<Record<string, string>>;
  /** The whole environment, where the program is to see none of this process's. */
  readonly onlyEnvironment?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** The Debian package to name when the program is missing. */
  readonly from?: string;
  /** In milliseconds; what takes longer is ended. Without it only the signal ends a program. */
  readonly timeout?: number;
  /** In bytes, of both outputs; what goes beyond ends the program. Index listings are the largest thing read this way. */
  readonly limit?: number;
  /** What it reads as its standard input: bytes, a stream, or this process's own; nothing unless given. */
  readonly input?: Uint8Array | Readable | 'inherit';
}

/** How long a program has after SIGTERM, in milliseconds. */
const grace = 5000;

/**
 * Runs a program to its end, speaking the C locale, and gives what it wrote, whatever its exit code.
 * @throws Failure 'no-program' when it is not there, 'program-killed' when a signal or the timeout ended it,
 *   'too-much-output'; the signal's reason when that ended it
 */
export async function run(
  program: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<ProgramResult> {
  const { exitCode, stdout, stderr } = await runForBytes(program, args, options);
  return { exitCode, stdout: stdout.toString('utf8'), stderr };
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
    'program-failed',
    `${options.what}: ${program} ended with exit code ${exitCode}\n${lastLines(stderr || stdout)}`,
    { hint: options.hint },
  );
}

/** As `run`, for a program whose output is not text. */
export async function runForBytes(
  program: string,
  args: readonly string[],
  options: ProgramOptions = {},
): Promise<{ readonly exitCode: number; readonly stdout: Buffer; readonly stderr: string }> {
  const { signal, timeout, limit = 256 << 20, input, cwd, onlyEnvironment } = options;
  signal?.throwIfAborted();
  const child = startProgram(program, args, {
    ...(cwd !== undefined && { cwd }),
    env: onlyEnvironment ?? { ...process.env, LC_ALL: 'C', LANGUAGE: '', ...options.environment },
    stdio: [input === undefined ? 'ignore' : input === 'inherit' ? 'inherit' : 'pipe', 'pipe', 'pipe'],
  });
  let killer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    child.kill('SIGTERM');
    killer ??= setTimeout(() => child.kill('SIGKILL'), grace);
  };
  signal?.addEventListener('abort', stop, { once: true });
  const over = { time: false };
  const timer =
    timeout === undefined
      ? undefined
      : setTimeout(() => {
          over.time = true;
          stop();
        }, timeout);
  let size = 0;
  const collect = (into: Buffer[]) => (chunk: Buffer) => {
    size += chunk.length;
    if (size > limit) child.kill('SIGKILL');
    else into.push(chunk);
  };
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', collect(stdout));
  child.stderr?.on('data', collect(stderr));
  try {
    const ended = new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.once('error', (cause) => reject(notStarted(program, options.from, cause)));
      child.once('close', (code, by) => resolve([code, by]));
    });
    if (input !== undefined && input !== 'inherit' && child.stdin !== null) {
      // A program may end before it has read all: its exit code says what that means.
      pipeline(input instanceof Uint8Array ? [input] : input, child.stdin).catch(() => undefined);
    }
    const [exitCode, endedBy] = await ended;
    signal?.throwIfAborted();
    if (size > limit) throw new Failure('too-much-output', `${program} wrote more than ${limit} bytes`);
    if (over.time)
      throw new Failure(
        'program-killed',
        `${program} was stopped: it took longer than ${(timeout ?? 0) / 1000} s`,
      );
    if (exitCode === null)
      throw new Failure('program-killed', `${program} was ended by ${endedBy ?? 'a signal'}`);
    return { exitCode, stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr).toString('utf8') };
  } finally {
    clearTimeout(timer);
    clearTimeout(killer);
    signal?.removeEventListener('abort', stop);
  }
}

/** The end of a program's output: what fits a message. */
export function lastLines(text: string, count = 8): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}
