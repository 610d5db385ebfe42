import { CommanderError } from 'commander';
import { Failure, FormatError, InvalidError } from '../base/index.ts';
import { diskFailure } from '../host/index.ts';
import { errorEvents, isInterrupt } from './errors/error-event.ts';
import { jsonLine } from './reporters/json.ts';
import { forCi } from './reporters/ci/inert.ts';
import { renderBug, renderFailure, renderInvalid } from './errors/errors.ts';
import { makeColours, wantsColour } from '../text/colours.ts';

/** What the process ends with; docs/events.md has the rule. */
export const exitCodes = { done: 0, failed: 1, wrongUse: 2, interrupted: 130 } as const;

/** The call that led to an error. */
export interface Call {
  /** With `--json` the error is an event on standard output as well. */
  readonly json: boolean;
  /** The words of the command that was asked for: `cidermill dmg info`. */
  readonly command: string;
  /** The image, package or installer that it was given. */
  readonly input?: string | undefined;
  /** In a job of a CI system: the lines by which it shows an error at its place. */
  readonly annotations?: ((error: unknown, input: string | undefined) => readonly string[]) | undefined;
}

/** Says on standard error what went wrong, and gives the exit code for it. */
export function reportError(thrown: unknown, call: Call): number {
  if (thrown instanceof CommanderError && thrown.exitCode === 0) return exitCodes.done;
  // A command of commands that is given none has shown its help.
  if (thrown instanceof CommanderError && thrown.code === 'commander.help') return exitCodes.wrongUse;
  if (isInterrupt(thrown)) return exitCodes.interrupted;
  // Raw, or wrapped by who did not know better: a full disk is never a bug of ours.
  const error =
    thrown instanceof CommanderError
      ? usageFailure(thrown, call.command)
      : (diskFailure(thrown, process.cwd()) ?? thrown);
  if (call.json) {
    for (const event of errorEvents(error, Date.now(), call.input)) process.stdout.write(jsonLine(event));
  }
  for (const line of call.annotations?.(error, call.input) ?? []) console.error(line);
  const colours = makeColours(wantsColour(process.env, process.stderr.isTTY));
  // A file's own text, quoted in a fault, must not act as a command of the CI.
  const say = (text: string): void => console.error(forCi(text));
  if (error instanceof InvalidError) {
    say(renderInvalid(error, colours));
    return exitCodes.wrongUse;
  }
  if (error instanceof Failure || error instanceof FormatError) {
    say(renderFailure(error, colours, call.input));
    return error instanceof Failure && error.kind === 'use' ? exitCodes.wrongUse : exitCodes.failed;
  }
  say(renderBug(error, colours));
  return exitCodes.failed;
}

/** A fault that commander found in the arguments, in the form of all others. */
function usageFailure({ message }: CommanderError, command: string): Failure {
  const [first = '', ...rest] = message.replace(/^error: /, '').split('\n');
  const meant = /^\((Did you mean .*)\)$/.exec(rest.join(' '))?.[1];
  const [, what = first, expected] = /^(.* is invalid)\. (.*)$/.exec(first) ?? [];
  return new Failure('usage', what, {
    hint: meant ?? expected ?? `\`${command} --help\` shows what it takes.`,
  });
}
