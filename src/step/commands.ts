import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { $ as shell, quote } from 'zx';
import { Failure } from '../base/index.ts';
import type { StepRequest } from './protocol.ts';

/** Starts a program as a command of the step. @throws Failure 'no-environment' */
export function spawnInside(
  request: StepRequest,
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
): ChildProcess {
  const { commandPrefix, commandEnvironment } = request;
  if (commandPrefix === null) throw noEnvironment(request);
  const [program = command, ...rest] = [...commandPrefix, command, ...args];
  return spawn(program, rest, { ...options, env: { ...commandEnvironment } });
}

/**
 * zx's `$` with the step's environment behind it: every command runs as `bash -euo pipefail -c` in the work folder.
 * `--norc`, because bash takes the socket that Node gives as standard input for a network login.
 */
export function shellInside(request: StepRequest): typeof shell {
  const spawnShell = (line: string, _none: unknown, options: SpawnOptions): ChildProcess =>
    spawnInside(request, 'bash', ['--norc', '-euo', 'pipefail', '-c', line], { ...options, shell: false });
  return shell({
    shell: 'bash',
    quote: quoteWhole,
    prefix: '',
    // zx prints each command and what it says; the engine keeps it all as the step's log.
    verbose: true,
    env: { ...request.commandEnvironment },
    spawn: spawnShell as typeof spawn,
  });
}

/** A shell cannot be given a NUL, and takes what is before one as the whole. @throws Failure 'usage' */
function quoteWhole(argument: string): string {
  if (argument.includes('\0'))
    throw new Failure('usage', 'an argument of a command has a NUL character in it', {
      hint: 'Write such bytes to a file, and give the command its name.',
    });
  return quote(argument);
}

function noEnvironment({ step }: StepRequest): Failure {
  return new Failure('no-environment', `the step ${step} runs a command, and its recipe has no environment`, {
    hint: 'Give the recipe `environment: { buildroot: NAME }` in place of `environment: none`.',
  });
}
