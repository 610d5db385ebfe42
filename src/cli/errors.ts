import { inspect } from 'node:util';
import {
  Failure,
  renderDiagnostic,
  type Diagnostic,
  type FormatError,
  type InvalidError,
} from '../base/index.ts';
import { noColours, type Colours } from './text/colours.ts';
import { printable, printableInPlace, printableLines } from './text/printable.ts';

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
  const shown = sorted.slice(0, mostDiagnostics).map((one) => renderOne(one, readText(one.file), colours));
  const places = files.length > 1 ? ` in ${files.length} files` : '';
  const rest = list.length > mostDiagnostics ? `, the first ${mostDiagnostics} of them above` : '';
  const count = list.length > 1 ? [colours.red(`${list.length} faults${places}${rest}`)] : [];
  return [...shown, ...count].join('\n\n');
}

/** A foreseeable failure: what and where, and what to do about it. */
export function renderFailure(error: Failure | FormatError, colours: Colours = noColours): string {
  const { hint, temporary } = error instanceof Failure ? error : { hint: undefined, temporary: false };
  return [
    ...labelled(colours.red('error:'), 'error:', error.message),
    ...causeLines(error, colours),
    ...(hint !== undefined ? labelled(colours.cyan('hint:'), 'hint:', hint) : []),
    ...(hint === undefined && temporary ? [`${colours.cyan('hint:')} It may work when tried again.`] : []),
  ].join('\n');
}

/** Anything else that was thrown: not the user's fault, and not to be mistaken for it. */
export function renderBug(error: unknown, colours: Colours = noColours): string {
  const lines = printableStack(error).slice(0, mostLinesOfBug);
  return [
    colours.red('error: this is a bug in cidermill, not a fault of yours:'),
    ...lines.map((line) => `  ${line}`),
    `${colours.cyan('hint:')} Please report it with these lines and the command that led to it.`,
  ].join('\n');
}

function renderOne(diagnostic: Diagnostic, text: string | undefined, colours: Colours): string {
  const safe = {
    ...diagnostic,
    file: printable(diagnostic.file),
    message: printable(diagnostic.message),
    ...(diagnostic.hint === undefined ? {} : { hint: printable(diagnostic.hint) }),
  };
  if (text === undefined) {
    const hint = safe.hint === undefined ? '' : ` ${safe.hint}`;
    return `${colours.bold(safe.file)}  ${colours.red(safe.code)}\n  ${safe.message}${hint}`;
  }
  const [place = '', source = '', caret = '', ...words] = renderDiagnostic(
    safe,
    printableInPlace(text),
  ).split('\n');
  const end = place.length - safe.code.length;
  return [
    colours.bold(place.slice(0, end).trimEnd()) + '  ' + colours.red(place.slice(end)),
    source,
    caret.replace(/\^+$/, (carets) => colours.red(carets)),
    ...words,
  ].join('\n');
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
    return ['something that cannot even be shown'];
  }
}
