import type { RunEvent } from '../../../engine/events.ts';
import { makeColours } from '../../../text/colours.ts';
import { formatCount } from '../../../text/format.ts';
import { cacheLines, cacheSummary } from '../cache-lines.ts';
import { asciiDrawing, liveLines, unicodeDrawing } from './live-view.ts';
import { printable } from '../../../text/printable.ts';
import type { Reporter, TerminalSink } from '../reporter.ts';
import { emptyState, follow } from '../run-state.ts';
import { checkLines, endOfStep, nameColumn, stoppedLines, type Theme } from '../step-lines.ts';
import { driftLines, failedProductLines, productLines, summaryLine } from '../summary.ts';
import { columnsOf, type Screen } from './screen.ts';
import { tracedLines, traceSummary } from '../traced-lines.ts';
import { verifiedLines, verifySummary } from '../verified-lines.ts';
import { workersLines } from '../workers-lines.ts';

/** The time, and being woken: given, so that tests need not wait. */
export interface Clock {
  /** Milliseconds since the epoch, as the events' times. */
  now(): number;
  /** Calls again and again until the returned function is called. Does not keep the process alive. */
  every(milliseconds: number, call: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  every: (milliseconds, call) => {
    const timer = setInterval(call, milliseconds);
    timer.unref();
    return () => clearInterval(timer);
  },
};

/** In milliseconds. */
const betweenFrames = 100;

/** A live view: what has ended scrolls away above, what is running is redrawn below, ten times a second at most. */
export function ttyReporter(
  stream: TerminalSink,
  options: {
    readonly colour?: boolean;
    readonly unicode?: boolean;
    readonly folder?: string;
    readonly clock?: Clock;
    /** Opened with the first frame unless given: a run with nothing to do ends sooner than log-update loads. */
    readonly screen?: Screen;
  } = {},
): Reporter {
  const { colour = true, unicode = true, clock = systemClock } = options;
  const theme: Theme = {
    colours: makeColours(colour),
    marks: unicode ? { done: '✔', failed: '✖', skipped: '↷' } : { done: '+', failed: 'x', skipped: '-' },
    columns: () => columnsOf(stream) - 1,
    quote: unicode ? '│' : '|',
    folder: options.folder,
  };
  const state = emptyState();
  let { screen } = options;
  let opening = false;
  const lasting: string[] = [];
  const products: string[] = [];
  let width = 0;
  let refused = 0;
  let frame = 0;
  let stop: (() => void) | undefined;
  let closed = false;

  const draw = (): void => {
    if (screen === undefined) {
      if (!opening) void open();
      return;
    }
    frame += 1;
    const lines = liveLines(state, clock.now(), {
      columns: columnsOf(stream),
      rows: stream.rows ?? 24,
      frame,
      drawing: unicode ? unicodeDrawing : asciiDrawing,
      colours: theme.colours,
    });
    screen.draw(lasting.splice(0), lines);
  };
  const open = async (): Promise<void> => {
    opening = true;
    const { openScreen } = await import('./log-update-screen.ts');
    screen = openScreen(stream);
    if (stop !== undefined) draw();
  };
  const finish = (): void => {
    stop?.();
    stop = undefined;
    const rest = [...lasting.splice(0), ...products.splice(0)];
    if (screen !== undefined) screen.draw(rest, []);
    else if (rest.length > 0) stream.write(`${rest.join('\n')}\n`);
  };

  const take = (event: RunEvent): void => {
    const before = 'step' in event ? state.active.get(event.step) : undefined;
    follow(state, event);
    switch (event.type) {
      case 'run-started':
        width = nameColumn(event.steps);
        lasting.push(
          `${theme.colours.bold(printable(event.pipeline))}  ${theme.colours.dim(formatCount(event.steps.length, 'step'))}`,
        );
        stop ??= clock.every(betweenFrames, draw);
        return;
      case 'step-waiting':
      case 'step-started':
      case 'step-hashing':
      case 'step-fetching':
      case 'step-event':
      case 'step-output':
        return;
      case 'step-cached':
      case 'step-done':
      case 'step-failed':
      case 'step-skipped':
        lasting.push(...endOfStep(theme, width, event, state, before));
        return;
      case 'step-traced':
        lasting.push(...tracedLines(theme, width, event));
        return;
      case 'step-verified':
        lasting.push(...verifiedLines(theme, width, event));
        return;
      case 'check-note':
        lasting.push(...checkLines(theme, width, event));
        return;
      case 'workers-note':
      case 'step-differs':
        lasting.push(...workersLines(theme, event));
        return;
      case 'cache-note':
      case 'cache-refused':
        lasting.push(...cacheLines(theme, event, refused));
        if (event.type === 'cache-refused') refused += 1;
        return;
      case 'product-published':
        products.push(...productLines(theme, event));
        return;
      case 'product-failed':
        products.push(...failedProductLines(theme, event));
        return;
      case 'run-finished':
        lasting.push(...stoppedLines(theme, width, state, event), '', summaryLine(theme, event, state));
        lasting.push(...cacheSummary(theme, event), ...driftLines(theme, event));
        finish();
        return;
      case 'trace-finished':
        lasting.push(...stoppedLines(theme, width, state, event), '', traceSummary(theme, event));
        finish();
        return;
      case 'verify-finished':
        lasting.push(...stoppedLines(theme, width, state, event), '', ...verifySummary(theme, event, state));
        finish();
        return;
    }
  };
  return {
    take: (event) => {
      if (!closed) take(event);
    },
    close: () => {
      closed = true;
      finish();
    },
  };
}
