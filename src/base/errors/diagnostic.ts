import { masked, maskedLine } from '../mask.ts';
import type { Place } from '../span.ts';

/** What a user can cause in a file: collected, all at once, each with its place. */
export interface Diagnostic extends Place {
  /** A kebab-case word, stable for machines: 'yaml-syntax', 'unknown-key', 'cycle' … */
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  /** Another place that has to do with it. */
  readonly also?: SecondPlace;
}

/** A second place of a diagnostic, with what is there: "It is first declared here." */
export interface SecondPlace extends Place {
  readonly message: string;
}

/** Stands for a file in a place that the user typed; people and machines are not shown it. */
export const commandLine = '<command line>';

/** Thrown when a recipe, pipeline or lockfile cannot be used. */
export class InvalidError extends Error {
  readonly diagnostics: readonly Diagnostic[];
  /** Each named file's text as it was read, for `renderDiagnostic`. */
  readonly texts: ReadonlyMap<string, string>;

  constructor(diagnostics: readonly Diagnostic[], texts: ReadonlyMap<string, string> = new Map()) {
    super(diagnostics.map((d) => `${d.file}: ${d.message}`).join('\n'));
    this.name = 'InvalidError';
    this.diagnostics = diagnostics;
    this.texts = texts;
  }
}

/** 1-based line and column (in UTF-16 code units) of an offset in a text. */
export function lineAndColumn(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset);
  const lastBreak = before.lastIndexOf('\n');
  return { line: before.split('\n').length, column: offset - lastBreak };
}

/** How the parts of a diagnostic are painted on a terminal; each keeps the text. */
export interface Paint {
  readonly place: (text: string) => string;
  readonly error: (text: string) => string;
  readonly hint: (text: string) => string;
}

const noPaint: Paint = { place: String, error: String, hint: String };

/**
 * The form a user reads:
 *
 *     recipes/qemu.yaml:14:11  unknown-parameter
 *       14 |   with: { bois: "${seabios.bios}" }
 *          |           ^^^^
 *     error: The recipe qemu has no parameter "bois".
 *     hint: Did you mean "bios"?
 *
 * @param textOf a file's text as it was when it was read; undefined or empty where no text can be shown
 */
export function renderDiagnostic(
  { code, message, hint, also, ...place }: Diagnostic,
  textOf: (file: string) => string | undefined,
  paint: Paint = noPaint,
): string {
  return [
    ...excerpt(place, textOf(place.file), paint, code),
    `${paint.error('error:')} ${printable(message)}`,
    ...(hint === undefined ? [] : [`${paint.hint('hint:')} ${printable(hint)}`]),
    ...(also === undefined ? [] : excerpt(also, textOf(also.file), paint)),
    ...(also === undefined ? [] : [`${paint.hint('note:')} ${printable(also.message)}`]),
  ].join('\n');
}

/** A place's name, its line, and a caret under what is meant. What was typed has no number of a line. */
function excerpt({ file, span }: Place, text: string | undefined, paint: Paint, code?: string): string[] {
  const after = code === undefined ? '' : `  ${paint.error(code)}`;
  if (text === undefined || text === '') return [`${paint.place(printable(file))}${after}`];
  const { line, column } = lineAndColumn(text, span.start);
  const source = maskedLine(text.split('\n'), line - 1).replace(/\r$/, '');
  const typed = file === commandLine;
  const number = typed ? '' : `${line} `;
  const gutter = ' '.repeat(number.length);
  const name = `${paint.place(typed ? 'on the command line' : `${printable(file)}:${line}:${column}`)}${after}`;
  if (notText.test(source)) return [name];
  const { shown, before, from } = window(source, column - 1);
  const width = Math.max(
    1,
    Math.min(span.end - span.start, source.length - column + 1, shown.length - before),
  );
  // A tab before the caret stays a tab, so that the caret stands below its value whatever the terminal's stops are.
  const lead = shown.slice(0, before).replace(/[^\t]/g, ' ');
  return [
    name,
    `  ${number}| ${from}${printable(shown)}`,
    `  ${gutter}| ${' '.repeat(from.length)}${lead}${paint.error('^'.repeat(width))}`,
  ];
}

const longestLine = 200;

/** What a binary file has soon, and a line of text never: a NUL, or more than three bytes that are not UTF-8. */
// eslint-disable-next-line no-control-regex -- a NUL is what is looked for
const notText = /\u0000|(?:\ufffd[^\ufffd]*){4}/;

/** The part of a line around an index, for lines that no terminal can show; `from` marks that it does not begin with the line. */
function window(line: string, index: number): { shown: string; before: number; from: string } {
  if (line.length <= longestLine) return { shown: line, before: index, from: '' };
  const start = Math.max(0, Math.min(index - 40, line.length - longestLine));
  return {
    shown: line.slice(start, start + longestLine),
    before: index - start,
    from: start === 0 ? '' : '…',
  };
}

/** What would steer a terminal: C0 but tab and line feed, C1, separators, bidirectional overrides. */
// eslint-disable-next-line no-control-regex -- these are what must not be printed
const steering = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

function printable(text: string): string {
  return masked(text).replace(steering, '\ufffd');
}
