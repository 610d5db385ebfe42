import { isAbsolute, join, relative } from 'node:path';
import type { RunEvent } from '../../engine/events.ts';
import type { Colours } from '../../text/colours.ts';
import { formatDuration } from '../../text/format.ts';
import { printable, printableLines } from '../../text/printable.ts';
import { newNotes, type ActiveStep, type RunState } from './run-state.ts';
import { padTo, textWidth, wrap } from '../../text/text-width.ts';

/** How the lasting lines look; the words are the same for a terminal and for a log file. */
export interface Theme {
  readonly colours: Colours;
  /** What stands before a step's name; undefined where words say it. */
  readonly marks: { readonly done: string; readonly failed: string; readonly skipped: string } | undefined;
  /** How wide sentences may be before they go on in another line; infinite in a file. */
  readonly columns: () => number;
  /** Before each quoted line of a log. */
  readonly quote: string;
  /** Absolute; paths below it are shown relative to it. */
  readonly folder: string | undefined;
}

export type EndOfStep = Extract<
  RunEvent,
  { readonly type: 'step-cached' | 'step-done' | 'step-failed' | 'step-skipped' }
>;

type Ended = Extract<RunEvent, { readonly type: 'run-finished' | 'verify-finished' | 'trace-finished' }>;

const mostNotes = 20;
/** Milliseconds of fetching that are worth a word. */
const shortest = 1000;
const widestName = 24;

/** The column in which names of steps are set. */
export function nameColumn(steps: readonly string[]): number {
  return Math.min(
    widestName,
    steps.reduce((most, step) => Math.max(most, textWidth(printable(step))), 0),
  );
}

/** What stays on the screen of a step that ended: one line, and its notes or its failure indented beneath. */
export function endOfStep(
  theme: Theme,
  width: number,
  event: EndOfStep,
  state: RunState,
  /** As it was until then; undefined where nothing was heard of it before. */
  before: ActiveStep | undefined,
): string[] {
  const { colours, marks } = theme;
  const milliseconds = before && event.time - before.started;
  const name = padTo(printable(event.step), width);
  switch (event.type) {
    case 'step-cached':
      return [
        `${marks ? `${colours.dim(marks.done)} ` : ''}${name}  ${colours.dim(event.from === 'team' ? "from the team's cache" : 'cached')}`,
        ...noteLines(theme, newNotes(state, event)),
      ];
    case 'step-done': {
      const fetched = before?.fetched ?? 0;
      const fetching =
        fetched < shortest ? '' : colours.dim(`, after fetching for ${formatDuration(fetched)}`);
      const time = `${marks ? '' : 'done in '}${formatDuration(milliseconds ?? event.milliseconds)}${fetching}`;
      const on = event.worker === undefined ? '' : colours.dim(` on ${printable(event.worker)}`);
      const same = event.unchanged ? colours.dim(', same outputs as before') : '';
      return [
        `${marks ? `${colours.green(marks.done)} ` : ''}${name}  ${time}${on}${same}`,
        ...noteLines(theme, newNotes(state, event)),
      ];
    }
    case 'step-failed': {
      const after = milliseconds === undefined ? '' : ` after ${formatDuration(milliseconds)}`;
      const head = `${marks ? `${colours.red(marks.failed)} ` : ''}${name}  `;
      const [first = '', ...rest] = printableLines(event.message);
      const room = theme.columns() - width - 4 - `failed${after}: `.length;
      const inline = rest.length === 0 && textWidth(first) <= room;
      return [
        inline
          ? `${head}${colours.red(`failed${after}:`)} ${first}`
          : `${head}${colours.red(`failed${after}`)}`,
        ...(inline ? [] : indented(theme, event.message)),
        ...noteLines(theme, before?.notes ?? []),
        ...hintLines(theme, event.hint),
        ...logLines(theme, event.tail, event.log),
        ...(event.kept === undefined
          ? []
          : [`    kept: ${shownPath(join(event.kept, 'build'), theme.folder)}`]),
      ];
    }
    case 'step-skipped': {
      const because = state.steps.includes(event.because) ? `it needs ${event.because}` : event.because;
      return [
        `${marks ? `${colours.yellow(marks.skipped)} ` : ''}${name}  ${colours.yellow('skipped:')} ${printable(because)}`,
      ];
    }
  }
}

/** What the check of a step's recipe says before anything is made. */
export function checkLines(
  theme: Theme,
  width: number,
  event: Extract<RunEvent, { readonly type: 'check-note' }>,
): string[] {
  const [first = '', ...rest] = printableLines(event.message);
  return [
    `${theme.marks ? '  ' : ''}${padTo(printable(event.step), width)}  ${theme.colours.yellow('note:')} ${first}`,
    ...rest.map((line) => `    ${line}`),
    ...hintLines(theme, event.hint),
  ];
}

/** The steps that were running when a run was interrupted. */
export function stoppedLines(
  { colours, marks }: Theme,
  width: number,
  state: RunState,
  event: Ended,
): string[] {
  if (event.outcome !== 'interrupted') return [];
  return [...state.active.values()].map(({ name, started }) => {
    const mark = marks ? `${colours.yellow(marks.skipped)} ` : '';
    const after = formatDuration(event.time - started);
    return `${mark}${padTo(printable(name), width)}  ${colours.yellow('stopped')} after ${after}`;
  });
}

/** A path as a person at `look.folder` would type it. */
export function shownPath(path: string, folder: string | undefined): string {
  if (folder === undefined || !isAbsolute(path)) return printable(path);
  const short = relative(folder, path);
  return printable(short === '' || short.startsWith('..') ? path : short);
}

function noteLines(theme: Theme, notes: readonly string[]): string[] {
  const lines = notes.slice(0, mostNotes).flatMap((note) => indented(theme, note));
  const left = notes.length - mostNotes;
  return left > 0 ? [...lines, theme.colours.dim(`    and ${left} more notes`)] : lines;
}

function hintLines(theme: Theme, hint: string | undefined): string[] {
  if (hint === undefined) return [];
  const [first = '', ...rest] = indented(theme, `hint: ${hint}`);
  return [first.replace('hint:', theme.colours.cyan('hint:')), ...rest];
}

/** Sentences of others, beneath the step they are about. */
function indented(theme: Theme, text: string): string[] {
  return printableLines(text)
    .flatMap((line) => wrap(line, theme.columns() - 4))
    .map((line) => `    ${line}`);
}

function logLines(
  { colours, quote, folder }: Theme,
  tail: readonly string[],
  log: string | undefined,
): string[] {
  const quoted = tail.map((line) => colours.dim(`    ${quote} ${printable(line)}`.trimEnd()));
  return log === undefined ? quoted : [...quoted, `    log: ${shownPath(log, folder)}`];
}
