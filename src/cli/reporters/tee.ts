import type { Reporter } from './reporter.ts';

/** Shows each event on all of several reporters. */
export function tee(reporters: readonly Reporter[]): Reporter {
  return {
    take: (event) => reporters.forEach((reporter) => reporter.take(event)),
    close: () => reporters.forEach((reporter) => reporter.close()),
  };
}
