import { canonicalJson } from '../../base/index.ts';
import type { Entry } from '../../cache/index.ts';
import type { ActionResult } from '../../store/index.ts';
import type { Difference } from '../job/outcome.ts';

/** The outputs that were made with other bytes than the cache has of the same action, but for those that may vary. */
export function differences(
  made: Pick<ActionResult, 'outputs'>,
  entry: Pick<Entry, 'outputs'>,
  varies: readonly string[],
): Difference[] {
  return Object.entries(made.outputs).flatMap(([output, here]) => {
    const there = entry.outputs[output];
    if (varies.includes(output) || canonicalJson(here) === canonicalJson(there ?? null)) return [];
    return [{ output, here: here.digest, there: there?.digest ?? 'nothing' }];
  });
}
