import { CommanderError } from 'commander';
import { Failure, FormatError, InvalidError } from '../base/index.ts';
import { diskFailure } from '../host/index.ts';
import { renderBug, renderFailure, renderInvalid } from './errors.ts';
import { colours, wantsColour } from './text/colours.ts';

/** What the process ends with; README.md has the table. */
export const exitCodes = { done: 0, failed: 1, wrongUse: 2, interrupted: 130 } as const;

/** Failures that are a fault of the call or of the project's files rather than of what was run. */
const wrongUse = new Set([
  'no-project',
  'unknown-pipeline',
  'unknown-step',
  'unknown-product',
  'usage',
  'bad-osk-reference',
]);

/** Says on standard error what went wrong, and gives the exit code for it. */
export function reportError(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.wrongUse;
  const ink = colours(wantsColour(process.env, process.stderr.isTTY));
  if (error instanceof InvalidError) {
    console.error(renderInvalid(error, ink));
    return exitCodes.wrongUse;
  }
  // Raw, or wrapped by who did not know better: a full disk is never a bug of ours.
  const known = diskFailure(error, process.cwd()) ?? error;
  if (known instanceof Failure || known instanceof FormatError) {
    console.error(renderFailure(known, ink));
    return known instanceof Failure && wrongUse.has(known.code) ? exitCodes.wrongUse : exitCodes.failed;
  }
  if (error instanceof DOMException && error.name === 'AbortError') return exitCodes.interrupted;
  console.error(renderBug(error, ink));
  return exitCodes.failed;
}
