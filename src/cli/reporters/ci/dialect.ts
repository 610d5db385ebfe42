import { randomBytes } from 'node:crypto';
import { printable, printableLines } from '../../../text/printable.ts';
import type { LinePosition } from '../../errors/error-event.ts';
import { inertText } from './inert.ts';
import type { CiSystem } from './system.ts';

/** A fault as a CI system shows it beside the code. Its texts may be anything. */
export interface Annotation extends Partial<LinePosition> {
  readonly level: 'error' | 'warning';
  readonly title: string;
  readonly message: string;
}

/** What a CI system reads out of a job's log. Each gives whole lines. */
export interface Dialect {
  /**
   * Lines that fold under a title. Within them nothing is a command.
   * @param id letters, digits, "-" and "_": what no other group of the log has
   * @param time milliseconds since the epoch
   */
  group(id: string, title: string, lines: readonly string[], time: number): string[];
  /** The fault, where the system reads faults out of the log. */
  annotate(annotation: Annotation): string[];
}

export const dialects: Readonly<Record<CiSystem, Dialect>> = {
  /** "Workflow commands for GitHub Actions" in its documentation. */
  github: {
    group: (_id, title, lines) => {
      // Not to be guessed: what a step has printed before cannot hold it.
      const token = randomBytes(16).toString('hex');
      return [
        `::group::${data(title)}`,
        `::stop-commands::${token}`,
        ...lines,
        `::${token}::`,
        '::endgroup::',
      ];
    },
    annotate: ({ level, title, message, file, line, column }) => {
      const properties = Object.entries({ file, line, col: column, title }).flatMap(([name, value]) =>
        value === undefined ? [] : [`${name}=${property(String(value))}`],
      );
      return [`::${level} ${properties.join(',')}::${data(message)}`];
    },
  },
  /** "Custom collapsible sections" in its documentation. Faults it takes from the code quality report. */
  gitlab: {
    group: (id, title, lines, time) => {
      const seconds = Math.floor(time / 1000);
      const marker = (kind: string, options = ''): string =>
        `\u001b[0Ksection_${kind}:${seconds}:${id}${options}\r\u001b[0K`;
      return [`${marker('start', '[collapsed=true]')}${printable(title)}`, ...lines, marker('end')];
    },
    annotate: () => [],
  },
};

/** A command's text: percent signs and line breaks are escaped, other controls dropped. */
function data(text: string): string {
  return inertText(printableLines(text).join('\n')).replaceAll('%', '%25').replaceAll('\n', '%0A');
}

/** A command's property: colons and commas too. */
function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
