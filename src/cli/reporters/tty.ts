import { createLogUpdate } from 'log-update';
import type { RunEvent } from '../../engine/events.ts';
import { colours } from './colours.ts';
import { formatCount, formatDuration } from './format.ts';
import { asciiDrawing, liveLines, unicodeDrawing } from './live-view.ts';
import { printable } from './printable.ts';
import type { Reporter, TerminalSink } from './reporter.ts';
import { emptyState, follow } from './run-state.ts';
import { endOfStep, nameColumn, type Look } from './step-lines.ts';
import { productLines, summaryLine } from './summary.ts';
import { padTo, textWidth } from './text-width.ts';

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

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';
/** Between these a terminal that knows them shows nothing half drawn. */
const [beginUpdate, endUpdate] = ['\u001b[?2026h', '\u001b[?2026l'];
const eraseLineAndGoUp = '\u001b[2K\u001b[1A';

/** A live view: what has ended scrolls away above, what is running is redrawn below, ten times a second at most. */
export function ttyReporter(
  stream: TerminalSink,
  options: {
    readonly colour?: boolean;
    readonly unicode?: boolean;
    readonly folder?: string;
    readonly clock?: Clock;
  } = {},
): Reporter {
  const { colour = true, unicode = true, clock = systemClock } = options;
  const look: Look = {
    colours: colours(colour),
    marks: unicode ? { done: '✔', failed: '✖', skipped: '↷' } : { done: '+', failed: 'x', skipped: '-' },
    columns: () => columnsOf(stream) - 1,
    quote: unicode ? '│' : '|',
    folder: options.folder,
  };
  const state = emptyState();
  const screen = openScreen(stream);
  const lasting: string[] = [];
  const products: string[] = [];
  let width = 0;
  let frame = 0;
  let stop: (() => void) | undefined;
  let closed = false;

  const draw = (): void => {
    frame += 1;
    const lines = liveLines(state, clock.now(), {
      columns: columnsOf(stream),
      rows: stream.rows ?? 24,
      frame,
      drawing: unicode ? unicodeDrawing : asciiDrawing,
      colours: look.colours,
    });
    screen.draw(lasting.splice(0), lines);
  };
  const finish = (): void => {
    stop?.();
    stop = undefined;
    screen.draw([...lasting.splice(0), ...products.splice(0)], []);
  };

  const take = (event: RunEvent): void => {
    const before = 'step' in event ? state.active.get(event.step) : undefined;
    follow(state, event);
    switch (event.type) {
      case 'run-started':
        width = nameColumn(event.steps);
        lasting.push(
          `${look.colours.bold(printable(event.pipeline))}  ${look.colours.dim(formatCount(event.steps.length, 'step'))}`,
        );
        stop ??= clock.every(betweenFrames, draw);
        return;
      case 'step-waiting':
      case 'step-started':
      case 'step-fetching':
      case 'step-event':
      case 'step-output':
        return;
      case 'step-cached':
      case 'step-done':
      case 'step-failed':
      case 'step-skipped':
        lasting.push(
          ...endOfStep(look, width, event, {
            steps: state.steps,
            ...(before === undefined
              ? {}
              : { milliseconds: event.time - before.started, notes: before.notes }),
          }),
        );
        return;
      case 'product-published':
        products.push(...productLines(look, event));
        return;
      case 'run-finished':
        if (event.outcome === 'interrupted') {
          for (const { name, started } of state.active.values()) {
            const after = formatDuration(event.time - started);
            lasting.push(
              `${look.colours.yellow(look.marks?.skipped ?? '')} ${padTo(printable(name), width)}  ${look.colours.yellow('stopped')} after ${after}`,
            );
          }
        }
        lasting.push('', summaryLine(look, event, state));
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

function columnsOf(stream: TerminalSink): number {
  return Math.max(1, stream.columns ?? 80);
}

/** The live part of a terminal, drawn by log-update into a buffer so that a frame is one write. */
function openScreen(stream: TerminalSink): {
  /** Puts lines above the live part for good and replaces the live part; without live lines the cursor is back. */
  readonly draw: (lasting: readonly string[], live: readonly string[]) => void;
} {
  let buffer = '';
  const sink = {
    get columns() {
      return columnsOf(stream);
    },
    get rows() {
      return stream.rows ?? 24;
    },
    write: (text: string) => {
      buffer += text;
      return true;
    },
  };
  // log-update would hide the cursor of the process's standard error, whatever the stream.
  const update = createLogUpdate(sink as unknown as NodeJS.WritableStream, { showCursor: true });
  let hidden = false;
  let shown: { readonly columns: number; readonly widths: readonly number[] } | undefined;

  return {
    draw: (lasting, live) => {
      const columns = columnsOf(stream);
      if (shown !== undefined && columns < shown.columns) {
        // A narrower terminal has broken our lines: go up past the rows that log-update does not know of.
        const extra = shown.widths.reduce(
          (sum, width) => sum + Math.max(0, Math.ceil(width / columns) - 1),
          0,
        );
        buffer += eraseLineAndGoUp.repeat(extra);
        update.clear();
      }
      if (lasting.length > 0 || live.length === 0) {
        if (shown !== undefined) update.clear();
        buffer += lasting.map((line) => `${line}\n`).join('');
      }
      if (live.length > 0) update(live.join('\n'));
      shown = live.length > 0 ? { columns, widths: live.map(visibleWidth) } : undefined;
      if (buffer === '' && hidden === live.length > 0) return;
      const cursor = hidden === live.length > 0 ? '' : live.length > 0 ? hideCursor : showCursor;
      hidden = live.length > 0;
      stream.write(hidden || cursor !== '' ? beginUpdate + buffer + cursor + endUpdate : buffer);
      buffer = '';
    },
  };
}

/** The width of a line of ours: its only escape sequences are colours. */
function visibleWidth(line: string): number {
  // eslint-disable-next-line no-control-regex -- a colour begins with one
  return textWidth(line.replace(/\u001b\[[0-9;]*m/g, ''));
}
