import { spawnSync } from 'node:child_process';

/** In milliseconds: what is asked this way answers at once or not at all. */
const patience = 20_000;
/** In bytes. */
const longestAnswer = 16 << 20;

/**
 * Runs a program that answers at once, and waits for it: a version, a list of devices, whether something is allowed.
 * @returns undefined when it cannot be started, does not end in time, or was ended by a signal
 */
export function askProgram(
  program: string,
  args: readonly string[],
): { readonly exitCode: number; readonly stdout: string; readonly stderr: string } | undefined {
  const { error, status, stdout, stderr } = spawnSync(program, args, {
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    timeout: patience,
    maxBuffer: longestAnswer,
  });
  return error !== undefined || status === null ? undefined : { exitCode: status, stdout, stderr };
}
