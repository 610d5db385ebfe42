import { sha256 } from '../../../base/index.ts';
import { printableLines } from '../../../text/printable.ts';
import type { LinePosition } from '../../errors/error-event.ts';
import type { PlaceOf } from './places.ts';
import type { RunOutcome } from './outcome.ts';

/**
 * What is wrong as GitLab's code quality report: faults of files, and steps that failed at the line that declares them.
 * A fault without a place stands at the pipeline's file. Paths are relative to the checkout.
 */
export function codeQualityJson(
  run: RunOutcome,
  { placeOf, fallback }: { readonly placeOf: PlaceOf; readonly fallback: string },
): string {
  const faults = run.faults.map(({ code, message, hint, file, line }) =>
    issue(code, message, hint, { file: file ?? fallback, line: line ?? 1 }),
  );
  const failures = run.steps.flatMap((one) =>
    one.result === 'failed'
      ? [issue(one.end.code, `${one.step}: ${one.end.message}`, one.end.hint, placeOf(one.end))]
      : [],
  );
  const unpublished = run.unpublished.map(({ product, message, hint }) =>
    issue('product-failed', `${product}: ${message}`, hint, undefined),
  );
  return `${JSON.stringify([...faults, ...failures, ...unpublished], null, 2)}\n`;

  function issue(
    code: string,
    message: string,
    hint: string | undefined,
    place: LinePosition | undefined,
  ): object {
    const path = place?.file ?? fallback;
    return {
      description: printableLines(hint === undefined ? message : `${message} (${hint})`).join('\n'),
      check_name: code,
      // Of what stays when lines are added above it.
      fingerprint: sha256(JSON.stringify([path, code, message])),
      severity: code === 'bug' ? 'blocker' : 'major',
      location: { path, lines: { begin: place?.line ?? 1 } },
    };
  }
}
