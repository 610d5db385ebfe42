import { join } from 'node:path';
import type { RunEvent } from '../../engine/events.ts';
import { formatBytes, formatCount, formatDuration } from '../../text/format.ts';
import { printable } from '../../text/printable.ts';
import type { RunState } from './run-state.ts';
import { shownPath, type Theme } from './step-lines.ts';
import { padTo, textWidth } from '../../text/text-width.ts';

type Finished = Extract<RunEvent, { readonly type: 'run-finished' }>;
type FailedProduct = Extract<RunEvent, { readonly type: 'product-failed' }>;
type Published = Extract<RunEvent, { readonly type: 'product-published' }>;

/** Of more than these the rest is only counted. */
const mostChanges = 20;

/** How a run ended, in one line: what was executed, and plainly so when nothing was. */
export function summaryLine({ colours }: Theme, event: Finished, state: RunState): string {
  const { cached, executed, failed, skipped } = event;
  const time = formatDuration(event.milliseconds);
  const run = `${formatCount(executed, 'step')} run, ${cached} cached`;
  switch (event.outcome) {
    case 'done':
      return executed === 0
        ? `${colours.green(colours.bold(event.cache?.hits ? 'nothing to build:' : 'nothing to do:'))} ${formatCount(cached, 'step')} cached, ${time}`
        : `${colours.green(colours.bold(`done in ${time}:`))} ${run}`;
    case 'failed': {
      // What was refused before a step, or failed all of them at once, is told after this.
      if (failed === 0) return `${colours.red(colours.bold(`stopped after ${time}:`))} ${run}`;
      const names = state.failed.length > 0 ? ` (${state.failed.map(printable).join(', ')})` : '';
      const rest = skipped > 0 ? `, ${skipped} skipped` : '';
      return `${colours.red(colours.bold(`failed in ${time}:`))} ${formatCount(failed, 'step')} failed${names}, ${executed} run, ${cached} cached${rest}`;
    }
    case 'interrupted':
      return `${colours.yellow(colours.bold(`interrupted after ${time}:`))} ${run}; the next run goes on from there`;
  }
}

/** That a run was not by the known-good toolchain, and what differs; nothing where it was. */
export function driftLines({ colours }: Theme, { drifted = [] }: Finished): string[] {
  if (drifted.length === 0) return [];
  const changes = [...new Set(drifted.flatMap((one) => one.changes))];
  const differ = changes.length === 1 ? '1 package differs' : `${changes.length} packages differ`;
  return [
    colours.red(colours.bold(`NOT THE KNOWN-GOOD TOOLCHAIN: ${differ}`)),
    ...changes.slice(0, mostChanges).map((change) => `    ${printable(change)}`),
    ...(changes.length > mostChanges ? [`    and ${changes.length - mostChanges} more`] : []),
    '    No archive has the pinned ones any more. recipes/lock.local.yaml names the packages used in their place, on this machine only.',
  ];
}

/** Why a product could not be published. */
export function failedProductLines({ colours }: Theme, event: FailedProduct): string[] {
  return [
    `${colours.bold(printable(event.product))}: ${colours.red('not published:')} ${printable(event.message)}`,
    ...(event.hint === undefined ? [] : [`    ${colours.cyan('hint:')} ${printable(event.hint)}`]),
  ];
}

/**
 * Where a product lies, and its entries as the pipeline names them, a directory as one line. Of an unchanged product only
 * where it lies, and which of its files were changed since.
 */
export function productLines(theme: Theme, event: Published): string[] {
  const { colours, folder } = theme;
  const changed = event.files
    .filter((file) => file.changed === true)
    .map(({ path }) => `    ${printable(path)}  ${colours.yellow('changed since it was published')}`);
  const head = `${colours.bold(printable(event.product))}: ${shownPath(event.path, folder)}`;
  if (event.unchanged) return [`${head}${colours.dim(' (unchanged)')}`, ...changed];
  const places = event.entries.map(({ path, type }) => printable(type === 'directory' ? `${path}/` : path));
  const width = places.reduce((most, place) => Math.max(most, textWidth(place)), 0);
  const digests = new Map(event.files.map(({ path, digest }) => [path, digest]));
  const entries = event.entries.map(({ path, type, size, files }, index) => {
    const digest = digests.get(path)?.slice(0, 12);
    const more = type === 'directory' ? formatCount(files, 'file') : digest && `sha256:${digest}`;
    return `    ${padTo(places[index] ?? '', width)}  ${formatBytes(size).padStart(9)}  ${colours.dim(more ?? '')}`.trimEnd();
  });
  const pictures = event.files.filter(({ path }) => path.endsWith('.png'));
  const picture = pictures.at(-1);
  return [
    head,
    ...entries,
    ...changed,
    ...(picture === undefined ? [] : [`  picture  ${shownPath(join(event.path, picture.path), folder)}`]),
    ...event.next.map((line) => `  ${colours.cyan('next')}     ${printable(line)}`),
  ];
}
