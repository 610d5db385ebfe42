import type { Colours } from '../../../text/colours.ts';
import { formatAmount, formatClock, formatPercent, formatRate, unknown } from '../../../text/format.ts';
import { printable } from '../../../text/printable.ts';
import { perSecond, timeLeft } from '../rate.ts';
import type { ActiveStep, RunState } from '../run-state.ts';
import { nameColumn } from '../step-lines.ts';
import { fit, padTo, textWidth } from '../../../text/text-width.ts';

/** The characters the live view is drawn with. */
export interface Drawing {
  readonly spinner: readonly string[];
  readonly full: string;
  readonly empty: string;
  readonly dot: string;
}

export const unicodeDrawing: Drawing = {
  spinner: ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'],
  full: '━',
  empty: '─',
  dot: '·',
};

export const asciiDrawing: Drawing = { spinner: ['|', '/', '-', '\\'], full: '#', empty: '.', dot: '-' };

/** A piece of a line: how wide it is tells its text, how it looks its paint. */
interface Piece {
  readonly text: string;
  readonly paint?: (text: string) => string;
}

/** Less of a label than this says nothing. */
const narrowestLabel = 16;
const gap = '  ';

/** The lines below what has ended: one for each active step, and one for the run. None is wider than `columns` - 1. */
export function liveLines(
  state: RunState,
  now: number,
  view: {
    readonly columns: number;
    readonly rows: number;
    readonly frame: number;
    readonly drawing: Drawing;
    readonly colours: Colours;
  },
): string[] {
  // The last column stays free: some terminals break the line once it is written.
  const columns = Math.max(1, view.columns - 1);
  const steps = [...state.active.values()];
  // One row for the run, one for what the cursor stands on, and one so that the view never fills the screen.
  const room = Math.max(1, view.rows - 3);
  const shown = steps.length > room ? steps.slice(0, room - 1) : steps;
  const width = Math.min(nameColumn(state.steps), Math.max(6, Math.floor(columns / 4)));
  const spinner = view.drawing.spinner[view.frame % view.drawing.spinner.length] ?? '';
  const lines = shown.map((step) => stepPieces(step, now, { ...view, columns, width, spinner }));
  if (shown.length < steps.length) lines.push([{ text: `  and ${steps.length - shown.length} more` }]);
  lines.push(runPieces(state, now, view));
  return lines.map((pieces) => paint(pieces, columns));
}

function stepPieces(
  step: ActiveStep,
  now: number,
  view: {
    readonly columns: number;
    readonly width: number;
    readonly spinner: string;
    readonly drawing: Drawing;
    readonly colours: Colours;
  },
): Piece[] {
  const { colours, columns, drawing } = view;
  const head: Piece[] = [
    { text: `${view.spinner} `, paint: colours.cyan },
    { text: padTo(fit(printable(step.name), view.width), view.width) },
    { text: formatClock(Math.max(0, now - step.started)).padStart(7), paint: colours.dim },
    { text: gap },
  ];
  const room = columns - widthOf(head);
  if (step.progress === undefined) return [...head, { text: doing(step), paint: colours.dim }];
  const { done, total, unit, label = '' } = step.progress;
  const rate = perSecond(step.rate, now);
  const speed = rate === undefined ? unknown : formatRate(rate, printable(unit));
  if (total === undefined) {
    const text = [formatAmount(done, total, printable(unit)), ...(rate === undefined ? [] : [speed])].join(
      gap,
    );
    return [...head, { text }, ...labelPieces(label, room - textWidth(text), colours)];
  }
  const left = timeLeft(step.rate, total, now);
  const percent = formatPercent(done, total).padStart(5);
  const countdown = `${left === undefined ? unknown : formatClock(left + 999)} left`.padStart(10);
  const detail = [percent, speed.padStart(12), countdown];
  const amount = formatAmount(done, total, printable(unit), '/');
  const bar = barWidth(view.columns);
  // What a narrow terminal goes without: first the amount, then the rate, then the bar, then the time left.
  const choices = [
    { bar, parts: [...detail, amount] },
    { bar, parts: detail },
    { bar, parts: [percent, countdown] },
    { bar: 0, parts: [percent, countdown] },
  ];
  const fits = (choice: { bar: number; parts: string[] }): boolean =>
    choice.bar + widthOfAll(choice.parts) <= room;
  const chosen = choices.find(fits) ?? { bar: 0, parts: [percent] };
  const pieces = [
    ...head,
    ...barPieces(done / total, chosen.bar, drawing, colours),
    ...chosen.parts.map((text, index) =>
      index === 0 ? { text: gap + text } : { text: gap + text, paint: colours.dim },
    ),
  ];
  return [...pieces, ...labelPieces(label, columns - widthOf(pieces), colours)];
}

/** The same for all steps, so that their bars end in one column. */
function barWidth(columns: number): number {
  return columns < 70 ? 10 : columns < 100 ? 16 : 24;
}

/** What a step without progress is doing, as far as it says so. */
function doing(step: ActiveStep): string {
  if (step.phase === 'waiting') return 'waiting: another run is making it';
  if (step.lastLine !== '') return printable(step.lastLine).trimStart();
  return step.why.map(printable).join('; ');
}

function runPieces(
  state: RunState,
  now: number,
  { drawing, colours }: { readonly drawing: Drawing; readonly colours: Colours },
): Piece[] {
  const next = state.steps.filter((step) => !state.ended.has(step) && !state.active.has(step));
  const parts = [
    `${state.ended.size} of ${state.steps.length} done`,
    formatClock(Math.max(0, now - state.started)),
    ...(next.length > 0 ? [`next ${next.map(printable).join(', ')}`] : []),
  ];
  return [{ text: `${gap}${parts.join(` ${drawing.dot} `)}`, paint: colours.dim }];
}

function barPieces(part: number, width: number, drawing: Drawing, colours: Colours): Piece[] {
  const full = Math.min(width, Math.floor(part * width));
  return [
    { text: drawing.full.repeat(full), paint: colours.green },
    { text: drawing.empty.repeat(width - full), paint: colours.dim },
  ];
}

function labelPieces(label: string, room: number, colours: Colours): Piece[] {
  if (label === '' || room < gap.length + narrowestLabel) return [];
  return [{ text: gap + printable(label), paint: colours.dim }];
}

function paint(pieces: readonly Piece[], columns: number): string {
  let room = columns;
  let line = '';
  for (const piece of pieces) {
    if (room <= 0) break;
    const text = fit(piece.text, room);
    room -= textWidth(text);
    line += piece.paint === undefined ? text : piece.paint(text);
    if (text !== piece.text) break;
  }
  return line;
}

function widthOf(pieces: readonly Piece[]): number {
  return pieces.reduce((sum, { text }) => sum + textWidth(text), 0);
}

/** With the gap before each. */
function widthOfAll(parts: readonly string[]): number {
  return parts.reduce((sum, part) => sum + gap.length + textWidth(part), 0);
}
