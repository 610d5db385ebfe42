import { ProcessOutput } from 'zx';
import { Failure, FormatError } from '../base/index.ts';
import { send } from './events.ts';
import { inSources } from './in-sources.ts';

/** Tells the engine what the script let pass, and ends it: in words where it is foreseeable, with its stack in the log where not. */
export function fail(error: unknown): void {
  const { message, hint, log } = told(error);
  send({ type: 'failure', message, ...(hint !== undefined && { hint }) });
  if (log !== undefined) console.error(log);
  process.exit(1);
}

interface Told {
  readonly message: string;
  readonly hint?: string | undefined;
  readonly log?: string;
}

function told(error: unknown): Told {
  if (error instanceof Failure) return { message: error.message, hint: error.hint, log: error.message };
  if (error instanceof FormatError) return { message: error.message, log: error.message };
  if (error instanceof ProcessOutput) return toldOfCommand(error);
  const stack = inSources(error instanceof Error ? (error.stack ?? error.message) : String(error));
  const said = error instanceof Error ? error.message : String(error);
  const place = /^ +at .*?([^\s(]+:\d+:\d+)\)?$/m.exec(stack)?.[1];
  const where = place === undefined || !isProjects(place) ? '' : `${place}: `;
  const absent = /^Cannot find (?:module|package) '([^']+)'/.exec(said)?.[1];
  if (absent !== undefined) {
    return {
      message: `${where}there is no module ${absent}`,
      hint: 'A step sees what its script imports by name, and what its recipe lists under "script-files".',
      log: stack,
    };
  }
  return { message: `${where}the script failed: ${said}`, log: stack };
}

function toldOfCommand(output: ProcessOutput): Told {
  const { signal, exitCode, cause } = output;
  if (cause instanceof Failure) return told(cause);
  if (cause instanceof Error) return { message: `a command could not be started: ${whyNot(cause)}` };
  return {
    message: `a command ended with ${signal === null ? `exit code ${exitCode ?? 'unknown'}` : signal}`,
  };
}

function whyNot(cause: Error): string {
  const { code, path } = cause as NodeJS.ErrnoException;
  if (/null bytes/.test(cause.message)) return 'its text has a NUL character in it';
  if (code === 'ENOENT') return `${path ?? 'its program'} is not there`;
  if (code === 'E2BIG') return 'its arguments are longer than the system allows';
  if (code === 'EACCES') return `${path ?? 'its program'} may not be run`;
  return cause.message;
}

/** A place in the project's own files, which are named relative to its root. */
function isProjects(place: string): boolean {
  return !place.startsWith('/') && !place.startsWith('file:') && !place.startsWith('node:');
}
