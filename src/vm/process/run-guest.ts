import { Failure } from '../../base/index.ts';
import { notStarted, startProgram, type Stdio } from '../../host/programs/start-program.ts';
import type { Spawn } from './qemu-process.ts';
import { secretFile } from './secret-file.ts';

/** The path by which a QEMU that is started here finds what `withSecret` and `runGuest` hand it. */
export const secretPath = '/dev/fd/3';

const graceMilliseconds = 5000;

/** A QEMU in the foreground: its monitor is this terminal. */
export interface GuestRun {
  readonly command: string;
  /** They name the secret as `secretPath`. */
  readonly args: readonly string[];
  /** What QEMU reads there. */
  readonly secret: string;
  readonly env: NodeJS.ProcessEnv;
  /** Ends QEMU. */
  readonly signal: AbortSignal;
  /** What is done beside, until the guest ends: then `ended` is aborted. It throws nothing. */
  readonly beside?: ((ended: AbortSignal) => Promise<void>) | undefined;
}

/**
 * Runs a guest until it ends or is told to.
 * @returns QEMU's exit status
 * @throws Failure 'qemu-not-started', 'qemu-killed'
 */
export async function runGuest({ command, args, secret, env, signal, beside }: GuestRun): Promise<number> {
  signal.throwIfAborted();
  const file = await secretFile(secret);
  const child = startProgram(command, args, { stdio: ['inherit', 'inherit', 'inherit', file.fd], env });
  let timer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    // Ctrl-C on a terminal has reached QEMU already; a second signal does no harm.
    child.kill('SIGTERM');
    timer = setTimeout(() => child.kill('SIGKILL'), graceMilliseconds);
  };
  signal.addEventListener('abort', stop, { once: true });
  const over = new AbortController();
  const done = beside?.(over.signal);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', (cause) => {
        reject(notStarted(command, undefined, cause, 'qemu-not-started'));
      });
      child.once('exit', (code, killer) => {
        if (code !== null) resolve(code);
        else if (signal.aborted) resolve(0);
        else reject(new Failure('qemu-killed', `QEMU was ended by ${killer ?? 'a signal'}`));
      });
    });
  } finally {
    over.abort();
    await done;
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    await file.close();
  }
}

/**
 * Starts programs that inherit a secret at `secretPath`, for as long as `use` takes.
 * @param env the environment they get
 */
export async function withSecret<T>(
  secret: string,
  env: NodeJS.ProcessEnv,
  use: (spawn: Spawn) => Promise<T>,
): Promise<T> {
  const file = await secretFile(secret);
  try {
    return await use((command, args, options) => {
      const stdio = Array.isArray(options.stdio) ? (options.stdio as Stdio[]) : [];
      return startProgram(command, args, { ...options, env, stdio: [...stdio, file.fd] });
    });
  } finally {
    await file.close();
  }
}
