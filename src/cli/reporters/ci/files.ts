import { appendFileSync, statSync } from 'node:fs';
import { systemReason } from '../../../base/index.ts';
import type { RunEvent } from '../../../engine/events.ts';
import type { ErrorEvent } from '../../errors/error-event.ts';
import type { Reporter } from '../reporter.ts';
import { codeQualityJson } from './code-quality.ts';
import { junitXml } from './junit.ts';
import { outcomeOf, type RunOutcome } from './outcome.ts';
import type { PlaceOf } from './places.ts';
import { summaryMarkdown } from './summary.ts';

/** Files about a run, each written when it has ended. */
export interface ReportFiles {
  readonly junit?: string | undefined;
  readonly codeQuality?: string | undefined;
  /** Appended to: what other commands of the job have written stays. */
  readonly summary?: string | undefined;
}

/** GitHub's limit, in bytes, for what all commands of a step write together; some is left to the others. */
const largestSummary = 2 ** 20 - 4_096;

const kept: ReadonlySet<RunEvent['type']> = new Set([
  'run-started',
  'step-started',
  'step-cached',
  'step-done',
  'step-failed',
  'step-skipped',
  'product-published',
  'product-failed',
  'run-finished',
]);

/**
 * Keeps what the files tell of.
 * @param name the pipeline or recipe that was asked for
 */
export function reportFiles(
  name: string,
  files: ReportFiles,
): Reporter & {
  /** Takes what kept the run from going on. */
  fail(faults: readonly ErrorEvent[]): void;
  /**
   * @param fallback the path of a fault that has none
   * @throws Failure 'cannot-write'
   */
  write(about: { readonly placeOf: PlaceOf; readonly fallback: string }): Promise<void>;
} {
  const events: RunEvent[] = [];
  const faults: ErrorEvent[] = [];
  return {
    take: (event) => {
      if (kept.has(event.type)) events.push(event);
    },
    close: () => undefined,
    fail: (more) => void faults.push(...more),
    write: async (about) => {
      const run = outcomeOf(name, events, faults);
      const { junit, codeQuality, summary } = files;
      if (summary !== undefined) {
        append(summary, run);
      }
      if (junit === undefined && codeQuality === undefined) return;
      const { writeText } = await import('../write-text.ts');
      if (junit !== undefined) await writeText(junit, junitXml(run));
      if (codeQuality !== undefined) await writeText(codeQuality, codeQualityJson(run, about));
    },
  };
}

/** A run does not fail because the job's page cannot be written. */
function append(summary: string, run: RunOutcome): void {
  try {
    const before = statSync(summary, { throwIfNoEntry: false })?.size ?? 0;
    appendFileSync(summary, summaryMarkdown(run, largestSummary - before));
  } catch (error) {
    console.error(`note: the job's summary ${summary} cannot be written: ${systemReason(error)}`);
  }
}
