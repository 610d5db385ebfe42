import type { RunEvent } from '../../engine/events.ts';
import { formatCount, formatDuration } from '../../text/format.ts';
import { printable } from '../../text/printable.ts';
import type { Theme } from './step-lines.ts';
import { padTo } from '../../text/text-width.ts';

type Traced = Extract<RunEvent, { readonly type: 'step-traced' }>;
type Finished = Extract<RunEvent, { readonly type: 'trace-finished' }>;

/** What a step read without declaring it, and which of its commands did. */
export function tracedLines({ colours, marks }: Theme, width: number, event: Traced): string[] {
  const { undeclared, opened, sandboxed } = event;
  const name = padTo(printable(event.step), width);
  const bad = undeclared.length > 0;
  const mark = marks ? `${bad ? colours.red(marks.failed) : colours.green(marks.done)} ` : '';
  const count = undeclared.reduce((sum, each) => sum + each.count, 0);
  const words = bad
    ? colours.red(`it read ${formatCount(count, 'file')} that nothing declares`)
    : sandboxed
      ? 'runs in a sandbox, which contains only what is declared'
      : `it read only what is declared, ${formatCount(opened, 'file')}`;
  return [
    `${mark}${name}  ${words}`,
    ...undeclared.flatMap((each) => readLines({ colours, marks } as Theme, each)),
  ];
}

function readLines(
  { colours }: Theme,
  { package: owner, paths, count, commands }: Traced['undeclared'][number],
): string[] {
  const shown = paths.map(printable).join(', ');
  const more = count > paths.length ? `, and ${count - paths.length} more` : '';
  const of = owner === undefined ? '' : `of the package ${printable(owner)}: `;
  return [
    `    ${of}${shown}${more}`,
    ...(commands.length === 0
      ? [colours.dim('      by the script itself')]
      : commands.map((command) => colours.dim(`      by $ ${printable(shorten(command))}`))),
  ];
}

function shorten(command: string): string {
  const line = command.replace(/\s+/g, ' ').trim();
  return line.length <= 160 ? line : `${line.slice(0, 160)}…`;
}

export function traceSummary({ colours }: Theme, event: Finished): string {
  const { declared, undeclared, failed } = event;
  const time = formatDuration(event.milliseconds);
  const counts = [
    `${formatCount(declared, 'step')} read only what is declared`,
    ...(undeclared > 0 ? [`${undeclared} more than that`] : []),
    ...(failed > 0 ? [`${failed} could not be rebuilt`] : []),
  ].join(', ');
  const head = {
    declared: colours.green(colours.bold(`nothing undeclared, in ${time}:`)),
    undeclared: colours.red(colours.bold(`undeclared reads, in ${time}:`)),
    failed: colours.red(colours.bold(`not all traced, in ${time}:`)),
    interrupted: colours.yellow(colours.bold(`interrupted after ${time}:`)),
  }[event.outcome];
  return `${head} ${counts}`;
}
