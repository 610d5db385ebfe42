import { formatBytes, formatCount, formatDuration } from '../../../text/format.ts';
import { printable, printableLines } from '../../../text/printable.ts';
import { millisecondsOf, type RunOutcome, type StepOutcome } from './outcome.ts';

/** In bytes. GitHub takes 1 MiB for a step of a job, and drops a summary that is larger. */
const largestSummary = 1_000_000;
const mostRows = 500;
const mostTail = 50;

/**
 * A run as GitHub's Markdown, for the page of a job: how it ended, a row for each step, the end of the log of each that
 * failed, the products. No text of others becomes markup.
 * @param room bytes that are left for it
 */
export function summaryMarkdown(run: RunOutcome, room = largestSummary): string {
  const parts = [
    heading(run),
    ...(run.faults.length > 0 ? [faultsPart(run)] : []),
    ...run.steps.flatMap((one) => (one.result === 'failed' ? [failurePart(one)] : [])),
    ...(run.steps.length > 0 ? [stepsPart(run)] : []),
    ...run.products.map(productPart),
    ...run.unpublished.map(
      ({ product, message, hint }) =>
        `**${text(product)} was not published:** ${text(message)}${hint === undefined ? '' : `  \nhint: ${text(hint)}`}`,
    ),
  ];
  // Whole parts: half a table would be none.
  const note = 'The rest does not fit here; the log has it.\n';
  let left = Math.min(room, largestSummary) - note.length;
  if (left < 0) return '';
  let summary = '';
  for (const part of parts) {
    const more = `${part}\n\n`;
    left -= Buffer.byteLength(more);
    if (left < 0) return summary + note;
    summary += more;
  }
  return summary;
}

function heading({ pipeline, finished, faults }: RunOutcome): string {
  const name = text(pipeline);
  if (finished === undefined) return `### ${name}: ${faults.length > 0 ? 'did not run' : 'broke off'}`;
  const time = formatDuration(finished.milliseconds);
  const { cached, executed, failed, skipped, cache } = finished;
  const counts = [
    `${formatCount(executed, 'step')} run`,
    `${cached} cached${cache !== undefined && cache.hits > 0 ? `, ${cache.hits} of them from the team's cache` : ''}`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ].join(', ');
  const nothing = finished.outcome === 'done' && executed === 0;
  const ended = { done: 'done', failed: 'failed', interrupted: 'interrupted' }[finished.outcome];
  return `### ${name}: ${nothing ? 'nothing to do' : ended}\n\n${counts}, in ${time}.`;
}

function faultsPart({ faults }: RunOutcome): string {
  const rows = faults.slice(0, mostRows).map(({ file, line, column, code, message, hint }) => {
    const place = [file, line, column].filter((part) => part !== undefined).join(':');
    return row([place, code, hint === undefined ? message : `${message} (${hint})`]);
  });
  return table(['place', 'fault', 'what is wrong'], rows, faults.length);
}

function failurePart({ end }: Extract<StepOutcome, { readonly result: 'failed' }>): string {
  const tail = end.tail.slice(-mostTail).map((line) => escapeHtml(printable(line)));
  return [
    `**${text(end.step)} failed:** ${text(end.message)}`,
    ...(end.hint === undefined ? [] : [`hint: ${text(end.hint)}`]),
    ...(tail.length === 0
      ? []
      : [`<details><summary>the end of its log</summary>\n\n<pre>\n${tail.join('\n')}\n</pre>\n</details>`]),
  ].join('\n\n');
}

function stepsPart({ steps }: RunOutcome): string {
  const rows = steps.slice(0, mostRows).map((one) => {
    const time = millisecondsOf(one);
    return row([one.step, resultOf(one), time > 0 ? formatDuration(time) : '', detailOf(one)]);
  });
  return table(['step', 'result', 'time', 'why'], rows, steps.length);
}

function resultOf(one: StepOutcome): string {
  switch (one.result) {
    case 'cached':
      return one.end.from === 'team' ? "from the team's cache" : 'cached';
    case 'done':
      return one.end.unchanged ? 'done, same outputs' : 'done';
    case 'failed':
      return 'failed';
    case 'skipped':
      return 'skipped';
    case 'unfinished':
      return 'not ended';
  }
}

function detailOf(one: StepOutcome): string {
  if (one.result === 'skipped') return one.because;
  return one.why.slice(0, 3).join('; ');
}

function productPart({ product, entries, unchanged }: RunOutcome['products'][number]): string {
  const title = `**${text(product)}**${unchanged ? ' (unchanged)' : ''}`;
  const rows = entries
    .slice(0, mostRows)
    .map(({ path, type, size, summary }) =>
      row([type === 'directory' ? `${path}/` : path, formatBytes(size), summary]),
    );
  return rows.length === 0
    ? title
    : `${title}\n\n${table(['file', 'size', 'what it is'], rows, entries.length)}`;
}

function table(head: readonly string[], rows: readonly string[], all: number): string {
  const more = all > rows.length ? `\n\nand ${all - rows.length} more` : '';
  return [row(head), `|${' --- |'.repeat(head.length)}`, ...rows].join('\n') + more;
}

function row(cells: readonly string[]): string {
  return `| ${cells.map(text).join(' | ')} |`;
}

/** Text of others on one line of Markdown: nothing of it is markup, a link or an issue's number. */
function text(foreign: string): string {
  return escapeHtml(printableLines(foreign).join(' ').slice(0, 1_000)).replace(
    /[\\`*_[\]|~@:$#]/g,
    (character) => `&#${character.charCodeAt(0)};`,
  );
}

function escapeHtml(foreign: string): string {
  return foreign.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
