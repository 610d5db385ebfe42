import type { RunEvent } from '../../engine/events.ts';
import { formatCount, formatDuration } from '../../text/format.ts';
import { printable } from '../../text/printable.ts';
import type { RunState } from './run-state.ts';
import { shownPath, type Theme } from './step-lines.ts';
import { padTo } from '../../text/text-width.ts';

export type Verified = Extract<RunEvent, { readonly type: 'step-verified' }>;
type Output = Verified['outputs'][number];
type Reported = Output['differences'][number];
type Finished = Extract<RunEvent, { readonly type: 'verify-finished' }>;

/** What was found of a step that was made again: one line, and beneath it every difference with its bytes. */
export function verifiedLines(theme: Theme, width: number, event: Verified): string[] {
  const { colours, marks, folder } = theme;
  const name = padTo(printable(event.step), width);
  const time = `rebuilt in ${formatDuration(event.milliseconds)}`;
  const bad = event.verdict === 'different';
  const mark = marks ? `${bad ? colours.red(marks.failed) : colours.green(marks.done)} ` : '';
  const words = bad
    ? colours.red('differs')
    : event.verdict === 'varies'
      ? 'identical except for what may vary'
      : 'identical';
  return [
    `${mark}${name}  ${words}, ${time}`,
    ...event.outputs.flatMap((output) => outputLines(theme, output)),
    ...(event.cause === undefined ? [] : [`    ${colours.cyan('cause:')} ${printable(event.cause)}`]),
    ...(bad ? [`    log: ${shownPath(event.log, folder)}`] : []),
  ];
}

function outputLines(theme: Theme, { output, verdict, varies, differences, more }: Output): string[] {
  const declared =
    varies === undefined
      ? []
      : [
          verdict === 'identical'
            ? `    ${printable(output)} is the same this time; it may vary: ${printable(varies)}`
            : `    ${printable(output)} varies, as declared: ${printable(varies)}`,
        ];
  return [
    ...declared,
    ...differences.flatMap((each) => differenceLines(theme, output, each)),
    ...(verdict === 'different' && more > 0 ? [`    and ${more} more`] : []),
  ];
}

function differenceLines({ colours, quote }: Theme, output: string, difference: Reported): string[] {
  const { path, what, where, diffoscope = [] } = difference;
  return [
    `    ${colours.bold(`${printable(output)}: ${printable(path)}`)}: ${printable(what)}`,
    ...(where === undefined ? [] : whereLines(where)),
    ...diffoscope.map((line) => colours.dim(`      ${quote} ${printable(line)}`.trimEnd())),
  ];
}

function whereLines({ trail, remarks, others, stored, rebuilt }: NonNullable<Reported['where']>): string[] {
  const place = trail.length === 0 ? 'the file' : trail.map(printable).join(' → ');
  const sizes =
    stored.size === rebuilt.size
      ? `of ${stored.size}`
      : `of ${stored.size} in the stored one, of ${rebuilt.size} in the rebuilt one`;
  return [
    `      in ${place}`,
    ...remarks.map((remark) => `      ${printable(remark)}`),
    `      first at byte ${stored.at} ${sizes}:`,
    ...hexRows(stored).map((row) => `        stored   ${row}`),
    ...hexRows(rebuilt).map((row) => `        rebuilt  ${row}`),
    ...(others.length === 0 ? [] : [`      also: ${others.map(printable).join(', ')}`]),
  ];
}

/** Rows of 16 bytes in hexadecimal and as ASCII, each with its offset in hexadecimal. */
function hexRows({ offset, hex }: { readonly offset: number; readonly hex: string }): string[] {
  const bytes = hex.match(/../g) ?? [];
  const rows: string[] = [];
  for (let row = 0; row < bytes.length; row += 16) {
    const part = bytes.slice(row, row + 16);
    const text = part.map((byte) => asciiOf(parseInt(byte, 16))).join('');
    rows.push(`${(offset + row).toString(16).padStart(8, '0')}  ${part.join(' ').padEnd(47)}  |${text}|`);
  }
  return rows;
}

function asciiOf(byte: number): string {
  return byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.';
}

/** How it ended, and what was varied and what was not, so that nobody takes it for more than it is. */
export function verifySummary({ colours }: Theme, event: Finished, state: RunState): string[] {
  const { identical, varies, different, failed } = event;
  const time = formatDuration(event.milliseconds);
  const counts = [
    `${formatCount(identical, 'step')} identical`,
    ...(varies > 0 ? [`${varies} identical except for what may vary`] : []),
    ...(different > 0 ? [`${different} different`] : []),
    ...(failed > 0 ? [`${failed} could not be rebuilt`] : []),
  ].join(', ');
  const head = {
    same: colours.green(colours.bold(`reproducible, in ${time}:`)),
    different: colours.red(colours.bold(`not reproducible, in ${time}:`)),
    interrupted: colours.yellow(colours.bold(`interrupted after ${time}:`)),
  }[event.outcome];
  const varied = [...new Set(state.verified.flatMap((each) => each.varied))];
  return [
    `${head} ${counts}`,
    ...(varied.length > 0 ? [colours.dim(`    varied: ${varied.map(printable).join(', ')}`)] : []),
    ...unvariedLines(state).map((line) => colours.dim(`    ${line}`)),
  ];
}

/** One line a variation and reason, with the steps it is about. */
function unvariedLines({ verified }: RunState): string[] {
  const steps = new Map<string, string[]>();
  for (const { step, unvaried } of verified) {
    for (const { variation, why } of unvaried) {
      const reason = `${variation}, since ${why}`;
      steps.set(reason, [...(steps.get(reason) ?? []), step]);
    }
  }
  return [...steps].map(([reason, names]) => {
    const all = names.length === verified.length && names.length > 1;
    return `not varied${all ? '' : ` for ${names.map(printable).join(', ')}`}: ${printable(reason)}`;
  });
}
