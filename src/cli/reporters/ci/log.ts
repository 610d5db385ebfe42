import { formatCount } from '../../../text/format.ts';
import { printable } from '../../../text/printable.ts';
import type { RunEvent } from '../../../engine/events.ts';
import { plainReporter } from '../plain.ts';
import type { Reporter, TextSink } from '../reporter.ts';
import { dialects } from './dialect.ts';
import { inert, inertText } from './inert.ts';
import type { PlaceOf } from './places.ts';
import type { CiSystem } from './system.ts';

/** Of one step's log; what comes before is only counted. */
const mostLines = 200;

/**
 * A job's log: the plain lines without progress, above the line of a step that ran the end of its log, folded; and each
 * failure as an annotation. What a step prints can never act as a command.
 */
export function ciReporter(
  stream: TextSink,
  options: {
    readonly system: CiSystem;
    readonly colour?: boolean;
    /** Absolute; paths below it are shown relative to it. */
    readonly folder?: string;
    readonly placeOf?: PlaceOf;
  },
): Reporter {
  const { system, placeOf, ...look } = options;
  const dialect = dialects[system];
  const plain = plainReporter({ write: (text) => stream.write(inertText(text)) }, { ...look, quiet: true });
  const logs = new Map<string, { readonly lines: string[]; count: number }>();
  const write = (lines: readonly string[]): void => {
    if (lines.length > 0) stream.write(`${lines.join('\n')}\n`);
  };

  const keep = (step: string, line: string): void => {
    const log = logs.get(step) ?? { lines: [], count: 0 };
    logs.set(step, log);
    log.count += 1;
    log.lines.push(line.slice(0, 4_000));
    if (log.lines.length > mostLines) log.lines.shift();
  };
  const fold = (step: string, time: number, tail: readonly string[] = []): void => {
    const { lines, count } = logs.get(step) ?? { lines: tail, count: tail.length };
    logs.delete(step);
    if (lines.length === 0) return;
    const what =
      count > lines.length ? `the last ${lines.length} of ${count} lines` : formatCount(count, 'line');
    const quoted = lines.map((line) => inert(`    | ${printable(line)}`.trimEnd()));
    write(
      dialect.group(`log_${step.replace(/[^\w-]/g, '_')}`, `${printable(step)}: log, ${what}`, quoted, time),
    );
  };

  return {
    take: (event: RunEvent) => {
      switch (event.type) {
        case 'step-output':
          keep(event.step, event.line);
          return;
        case 'step-done':
          fold(event.step, event.time);
          break;
        case 'step-failed': {
          const { step, message, hint } = event;
          fold(step, event.time, event.tail);
          plain.take({ ...event, tail: [] });
          const text = hint === undefined ? message : `${message}\nhint: ${hint}`;
          write(
            dialect.annotate({
              level: 'error',
              title: `step ${step} failed`,
              message: text,
              ...placeOf?.(event),
            }),
          );
          return;
        }
        case 'product-failed': {
          const { product, message, hint } = event;
          const text = hint === undefined ? message : `${message}\nhint: ${hint}`;
          write(
            dialect.annotate({ level: 'error', title: `product ${product} not published`, message: text }),
          );
          break;
        }
        case 'run-finished':
          if (event.drifted !== undefined)
            write(
              dialect.annotate({
                level: 'warning',
                title: 'not the known-good toolchain',
                message: [...new Set(event.drifted.flatMap(({ changes }) => changes))]
                  .slice(0, 20)
                  .join('\n'),
              }),
            );
          break;
        case 'step-verified':
        case 'step-traced':
          logs.delete(event.step);
          break;
        default:
      }
      plain.take(event);
    },
    close: () => plain.close(),
  };
}
