import { makeColours } from '../../text/colours.ts';
import {
  formatAmount,
  formatCount,
  formatDuration,
  formatEstimate,
  formatPercent,
  formatRate,
} from '../../text/format.ts';
import { printable } from '../../text/printable.ts';
import { cacheLines, cacheSummary } from './cache-lines.ts';
import { perSecond, timeLeft } from './rate.ts';
import type { Reporter, TextSink } from './reporter.ts';
import { emptyState, follow, type ActiveStep } from './run-state.ts';
import { checkLines, endOfStep, nameColumn, stoppedLines, type Theme } from './step-lines.ts';
import { driftLines, failedProductLines, productLines, summaryLine } from './summary.ts';
import { padTo } from '../../text/text-width.ts';
import { tracedLines, traceSummary } from './traced-lines.ts';
import { verifiedLines, verifySummary } from './verified-lines.ts';
import { workersLines } from './workers-lines.ts';

/** Of one step, in milliseconds of event time. */
const betweenProgress = 15_000;
/** The same for a step that says nothing of its progress. */
const betweenSigns = 60_000;
const mostCauses = 3;

/** Lines for a log file: what starts, what ends, and now and then how far it is. Nothing is ever overwritten. */
export function plainReporter(
  stream: TextSink,
  options: {
    readonly colour?: boolean;
    readonly folder?: string;
    /** Tells nothing of how far a step is. */
    readonly quiet?: boolean;
  } = {},
): Reporter {
  const theme: Theme = {
    colours: makeColours(options.colour ?? false),
    marks: undefined,
    columns: () => Infinity,
    quote: '|',
    folder: options.folder,
  };
  const state = emptyState();
  const products: string[] = [];
  const lastSaid = new Map<string, number>();
  /** How far a step was then. */
  const lastDone = new Map<string, number | undefined>();
  let width = 0;
  let refused = 0;

  const write = (lines: readonly string[]): void => {
    if (lines.length > 0) stream.write(`${lines.join('\n')}\n`);
  };
  const say = (step: string, text: string): void => write([`${padTo(printable(step), width)}  ${text}`]);
  const flushProducts = (): void => write(products.splice(0));

  return {
    take: (event) => {
      const before = 'step' in event ? state.active.get(event.step) : undefined;
      follow(state, event);
      switch (event.type) {
        case 'run-started':
          width = nameColumn(event.steps);
          write([`${printable(event.pipeline)}: ${formatCount(event.steps.length, 'step')}`]);
          return;
        case 'step-waiting':
          say(event.step, 'waiting: another run is making it');
          return;
        case 'step-started':
          lastSaid.set(event.step, event.time);
          say(event.step, `started${causes(event.why)}`);
          return;
        case 'step-hashing':
        case 'step-fetching':
        case 'step-event':
        case 'step-output': {
          const step = state.active.get(event.step);
          if (step === undefined || options.quiet === true) return;
          const said = lastSaid.get(step.name) ?? step.started;
          const stands = step.progress === undefined || step.progress.done === lastDone.get(step.name);
          if (event.time - said < (stands ? betweenSigns : betweenProgress)) return;
          lastSaid.set(step.name, event.time);
          lastDone.set(step.name, step.progress?.done);
          say(step.name, howFar(step, event.time, stands));
          return;
        }
        case 'step-cached':
        case 'step-done':
        case 'step-failed':
        case 'step-skipped':
          write(endOfStep(theme, width, event, state, before));
          return;
        case 'step-traced':
          write(tracedLines(theme, width, event));
          return;
        case 'step-verified':
          write(verifiedLines(theme, width, event));
          return;
        case 'check-note':
          write(checkLines(theme, width, event));
          return;
        case 'workers-note':
        case 'step-differs':
          write(workersLines(theme, event));
          return;
        case 'cache-note':
        case 'cache-refused':
          write(cacheLines(theme, event, refused));
          if (event.type === 'cache-refused') refused += 1;
          return;
        case 'product-published':
          products.push(...productLines(theme, event));
          return;
        case 'product-failed':
          products.push(...failedProductLines(theme, event));
          return;
        case 'run-finished':
          write(stoppedLines(theme, width, state, event));
          write([
            summaryLine(theme, event, state),
            ...cacheSummary(theme, event),
            ...driftLines(theme, event),
          ]);
          flushProducts();
          return;
        case 'trace-finished':
          write(stoppedLines(theme, width, state, event));
          write([traceSummary(theme, event)]);
          return;
        case 'verify-finished':
          write(stoppedLines(theme, width, state, event));
          write(verifySummary(theme, event, state));
          return;
      }
    },
    close: flushProducts,
  };
}

/** A step's progress in words; its last line of output where it tells none. @param stands it is as far as when it was told last */
function howFar(step: ActiveStep, now: number, stands: boolean): string {
  const running = `${step.phase} for ${formatDuration(now - step.started)}`;
  if (step.progress === undefined || stands)
    return step.lastLine === '' ? running : `${running}: ${printable(step.lastLine)}`;
  const { done, total, unit, label } = step.progress;
  const rate = perSecond(step.rate, now);
  const left = total === undefined ? undefined : timeLeft(step.rate, total, now);
  const parts = [
    ...(total === undefined ? [] : [formatPercent(done, total)]),
    formatAmount(done, total, printable(unit)),
    ...(rate === undefined ? [] : [formatRate(rate, printable(unit))]),
    ...(left === undefined ? [] : [`about ${formatEstimate(left)} left`]),
  ];
  const what = step.phase === 'running' ? '' : `${step.phase} ${printable(label ?? '')}: `;
  return `${what}${parts.join(', ')}`;
}

function causes(why: readonly string[]): string {
  if (why.length === 0) return '';
  const more = why.length > mostCauses ? `; and ${why.length - mostCauses} more` : '';
  return `: ${why.slice(0, mostCauses).map(printable).join('; ')}${more}`;
}
