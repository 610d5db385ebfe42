import { inspect } from 'node:util';
import {
  Failure,
  renderDiagnostic,
  type Diagnostic,
  type FormatError,
  type InvalidError,
  type Paint,
} from '../../base/index.ts';
import { noColours, type Colours } from '../../text/colours.ts';
import { printable, printableInPlace, printableLines } from '../../text/printable.ts';

/** More diagnostics than these are only counted. */
const mostDiagnostics = 50;
const mostLinesOfBug = 60;

/** What is wrong with the user's files, each fault with its place, in the order of the files. */
export function renderInvalid(error: InvalidError, colours: Colours = noColours): string {
  return renderDiagnostics(error.diagnostics, (file) => error.texts.get(file), colours);
}

/**
 * Diagnostics one below the other, sorted by place, and how many there are.
 * @param readText the text of a file as it was when it was read; undefined when that is not known
 */
export function renderDiagnostics(
  list: readonly Diagnostic[],
  readText: (file: string) => string | undefined,
  colours: Colours = noColours,
): string {
  const files = [...new Set(list.map(({ file }) => file))];
  const sorted = [...list].sort(
    (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.span.start - b.span.start,
  );
  const paint: Paint = { place: colours.bold, error: colours.red, hint: colours.cyan };
  const shown = sorted
    .slice(0, mostDiagnostics)
    .map((one) => renderDiagnostic(cleaned(one), (file) => textToShow(readText(file)), paint));
  const places = files.length > 1 ? ` in ${files.length} files` : '';
  const rest = list.length > mostDiagnostics ? `, the first ${mostDiagnostics} of them above` : '';
  const count = list.length > 1 ? [colours.red(`${list.length} faults${places}${rest}`)] : [];
  return [...shown, ...count].join('\n\n');
}

/**
 * A foreseeable failure: what and where, and what to do about it.
 * @param input the file that a FormatError is about
 */
export function renderFailure(
  error: Failure | FormatError,
  colours: Colours = noColours,
  input?: string,
): string {
  const { hint, temporary } = error instanceof Failure ? error : { hint: undefined, temporary: false };
  const names = input === undefined || error instanceof Failure || error.message.includes(input);
  const message = names ? error.message : `${input}: ${error.message}`;
  return [
    ...labelled(colours.red('error:'), 'error:', message),
    ...causeLines(error, colours),
    ...(hint !== undefined ? labelled(colours.cyan('hint:'), 'hint:', hint) : []),
    ...(hint === undefined && temporary ? [`${colours.cyan('hint:')} Trying again may help.`] : []),
  ].join('\n');
}

/** Anything else that was thrown: not the user's fault, and not to be mistaken for it. */
export function renderBug(error: unknown, colours: Colours = noColours): string {
  const lines = printableStack(error).slice(0, mostLinesOfBug);
  return [
    colours.red('error: this is a bug in cidermill:'),
    ...lines.map((line) => `  ${line}`),
    `${colours.cyan('hint:')} Please report it with these lines and the command you ran.`,
  ].join('\n');
}

/** Without escape sequences: what is said of a file may quote it. */
function cleaned(diagnostic: Diagnostic): Diagnostic {
  const { message, hint, also } = diagnostic;
  return {
    ...diagnostic,
    message: printable(message),
    ...(hint !== undefined && { hint: printable(hint) }),
    ...(also !== undefined && { also: { ...also, message: printable(also.message) } }),
  };
}

function textToShow(text: string | undefined): string | undefined {
  return text === undefined ? undefined : printableInPlace(text);
}

/** What a failure wraps, when its message does not tell it already. */
function causeLines(error: Error, colours: Colours): string[] {
  const { cause } = error;
  if (!(cause instanceof Error) || cause.message === '' || error.message.includes(cause.message)) return [];
  // Node's "ENOENT: no such file or directory, open 'a.dmg'".
  const reason = /^E[A-Z0-9]+: ([^,]+),/.exec(cause.message)?.[1];
  if (reason !== undefined && error.message.includes(reason)) return [];
  return labelled(colours.dim('cause:'), 'cause:', cause.message);
}

function labelled(painted: string, label: string, text: string): string[] {
  const [first = '', ...rest] = printableLines(text);
  return [`${painted} ${first}`, ...rest.map((line) => `${' '.repeat(label.length)} ${line}`)];
}

function printableStack(error: unknown): string[] {
  try {
    return printableLines(inspect(error, { depth: 3 }));
  } catch {
    return ['something that cannot be shown'];
  }
}
