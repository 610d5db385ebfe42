import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { noColours } from '../../../src/text/colours.ts';
import { asciiDrawing, liveLines, unicodeDrawing } from '../../../src/cli/reporters/terminal/live-view.ts';
import { openScreen } from '../../../src/cli/reporters/terminal/log-update-screen.ts';
import { emptyState, follow } from '../../../src/cli/reporters/run-state.ts';
import { textWidth } from '../../../src/text/text-width.ts';
import { ttyReporter } from '../../../src/cli/reporters/terminal/tty.ts';
import type { RunEvent } from '../../../src/engine/events.ts';
import { anyRun } from './any-run.ts';
import { failedRun, firstRun, interruptedRun, secondRun } from './recorded-run.ts';
import { terminal } from './terminal.ts';

/** A live view whose clock is the events': before each, every frame that was due. */
function liveView(
  screen: ReturnType<typeof terminal>,
  options: { readonly colour?: boolean; readonly unicode?: boolean } = {},
) {
  let time = 0;
  let next = 0;
  let redraw: (() => void) | undefined;
  const clock = {
    now: () => time,
    every: (milliseconds: number, call: () => void) => {
      next = time + milliseconds;
      redraw = () => {
        next = time + milliseconds;
        call();
      };
      return () => (redraw = undefined);
    },
  };
  const reporter = ttyReporter(screen, {
    colour: false,
    folder: '/home/ann/mill',
    ...options,
    clock,
    screen: openScreen(screen),
  });
  return {
    reporter,
    redraw: () => redraw?.(),
    play: (events: readonly RunEvent[], until = Infinity) => {
      const start = events[0]?.time ?? 0;
      for (const event of events) {
        if (event.time > start + until * 1000) break;
        if (event.time >= next) {
          time = Math.max(time, event.time);
          redraw?.();
        }
        time = event.time;
        reporter.take(event);
      }
      redraw?.();
    },
  };
}

describe('the live view', () => {
  it.each([
    ['fetching at 80 columns', 'fetching-80', firstRun, 15, 80],
    ['two steps at 80 columns', 'two-steps-80', firstRun, 52, 80],
    ['QEMU at 80 columns', 'qemu-80', firstRun, 120, 80],
    ['QEMU at 120 columns', 'qemu-120', firstRun, 120, 120],
    ['QEMU at 40 columns', 'qemu-40', firstRun, 120, 40],
    ['a step that waits', 'waiting-80', failedRun, 1, 80],
    ['a first run to its end', 'first-run-80', firstRun, 1000, 80],
    ['a run with nothing to do', 'second-run-80', secondRun, 1000, 80],
    ['a failure', 'failed-run-80', failedRun, 1000, 80],
    ['an interruption', 'interrupted-run-80', interruptedRun, 1000, 80],
    ['a first run at 120 columns', 'first-run-120', firstRun, 1000, 120],
    ['a run with nothing to do at 120 columns', 'second-run-120', secondRun, 1000, 120],
    ['a failure at 120 columns', 'failed-run-120', failedRun, 1000, 120],
  ])('shows %s as the golden screen does', async (_title, name, events, until, columns) => {
    const screen = terminal(columns, 24);
    liveView(screen).play(events, until);
    await expect(screen.text()).toMatchFileSnapshot(`golden/tty-${name}.txt`);
  });

  it('opens its screen with the first frame, and then shows what is running', async () => {
    const screen = terminal(80, 24);
    let redraw: (() => void) | undefined;
    const every = (_milliseconds: number, call: () => void) => {
      redraw = call;
      return () => undefined;
    };
    const reporter = ttyReporter(screen, {
      colour: false,
      clock: { now: () => firstRun[1]?.time ?? 0, every },
    });
    for (const event of firstRun.slice(0, 2)) reporter.take(event);
    redraw?.();
    await vi.waitFor(() => expect(screen.text()).toContain('buildroot   0:00'));
    reporter.close();
    expect(screen.cursorShown()).toBe(true);
    expect(screen.text()).toBe('quickstart  7 steps\n');
  });

  it('hides the cursor while it lives and gives it back at the end', () => {
    const screen = terminal(80, 24);
    const view = liveView(screen);
    view.play(firstRun, 60);
    expect(screen.cursorShown()).toBe(false);
    view.play(firstRun);
    expect(screen.cursorShown()).toBe(true);
  });

  it('takes itself away and gives the cursor back when it is closed in the midst of a run', () => {
    const screen = terminal(80, 24);
    const view = liveView(screen);
    view.play(firstRun, 120);
    view.reporter.close();
    expect(screen.cursorShown()).toBe(true);
    expect(screen.text()).not.toContain('qemu');
    expect(screen.text()).toContain('✔ seabios');
    const written = screen.writes.length;
    view.reporter.close();
    view.redraw();
    expect(screen.writes).toHaveLength(written);
  });

  it('writes each frame at once, and none for what comes between two frames', () => {
    const screen = terminal(80, 24);
    const view = liveView(screen);
    view.play(firstRun, 120);
    const seconds = 120;
    expect(screen.writes.length).toBeLessThanOrEqual(seconds * 10);
    const written = screen.writes.length;
    for (const event of firstRun.slice(100, 200)) view.reporter.take(event);
    expect(screen.writes).toHaveLength(written);
  });

  it('can do without colours and without Unicode', () => {
    const screen = terminal(80, 24);
    liveView(screen, { unicode: false }).play(firstRun, 120);
    expect(screen.text()).toContain('#######.........   44 %');
    expect(screen.writes.join('')).not.toMatch(/\u001b\[[\d;]*m/); // eslint-disable-line no-control-regex -- colours
  });

  it('colours what it is asked to colour, and nothing of it makes a line wider', () => {
    const [plain, coloured] = [terminal(80, 24), terminal(80, 24)];
    liveView(plain).play(firstRun, 120);
    liveView(coloured, { colour: true }).play(firstRun, 120);
    expect(coloured.writes.join('')).toContain('\u001b[32m━');
    expect(coloured.text()).toBe(plain.text());
  });

  it('keeps every live line below the width and all of them below the height, whatever happens', () => {
    fc.assert(
      fc.property(
        anyRun,
        fc.integer({ min: 1, max: 150 }),
        fc.integer({ min: 4, max: 30 }),
        (events, columns, rows) => {
          const state = emptyState();
          for (const event of events) {
            follow(state, event);
            for (const drawing of [unicodeDrawing, asciiDrawing]) {
              const lines = liveLines(state, event.time, {
                columns,
                rows,
                frame: 3,
                drawing,
                colours: noColours,
              });
              for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(Math.max(1, columns - 1));
              expect(lines.length).toBeLessThan(rows);
            }
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it('sends the terminal nothing but its own escape sequences, whatever happens', () => {
    fc.assert(
      fc.property(anyRun, fc.integer({ min: 20, max: 150 }), (events, columns) => {
        const screen = terminal(columns, 24);
        const view = liveView(screen, { colour: true });
        view.play([...firstRun.slice(0, 2), ...events]);
        view.reporter.close();
        expect(screen.cursorShown()).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
