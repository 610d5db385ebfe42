import type { RunEvent } from '../../engine/events.ts';
import { formatBytes, formatCount } from '../../text/format.ts';
import { printable } from '../../text/printable.ts';
import type { Theme } from './step-lines.ts';

/** More of what the team's cache has wrong are only counted, in the line at the end. */
const mostRefused = 20;

/** What is told of the team's cache while a run goes on. */
export function cacheLines(
  { colours }: Theme,
  event: Extract<RunEvent, { readonly type: 'cache-note' | 'cache-refused' }>,
  refusedBefore: number,
): string[] {
  if (event.type === 'cache-refused' && refusedBefore >= mostRefused) return [];
  const ending = event.type === 'cache-refused' ? ': not taken' : '';
  const hint = event.type === 'cache-note' ? event.hint : undefined;
  return [
    `${colours.yellow("team's cache:")} ${printable(event.message)}${ending}`,
    ...(hint === undefined ? [] : [`    ${colours.cyan('hint:')} ${printable(hint)}`]),
  ];
}

/** What a run had of the team's cache, in one line; nothing where it was not asked. */
export function cacheSummary(
  { colours }: Theme,
  { cache }: Extract<RunEvent, { readonly type: 'run-finished' }>,
): string[] {
  if (cache === undefined || cache.requests === 0) return [];
  const { hits, misses, refused, pushed, received, sent } = cache;
  const parts = [
    `${formatCount(hits, 'step')} from it (${formatBytes(received)})`,
    ...(misses > 0 ? [`${misses} not there`] : []),
    ...(pushed > 0 || sent > 0 ? [`${formatCount(pushed, 'step')} sent (${formatBytes(sent)})`] : []),
    ...(refused > 0 ? [colours.yellow(`${refused} refused`)] : []),
  ];
  return [`    team's cache: ${parts.join(', ')}`];
}
