import type { RebuildOptions } from './circumstances.ts';
import { standstill, variations, type Variation } from './variation.ts';

/** Rebuilds with options: a word that is the same for the same outputs, and whether they are the stored ones. */
export type Try = (options: RebuildOptions) => Promise<{ readonly same: boolean; readonly word: string }>;

const nothing: ReadonlySet<Variation> = new Set();

/**
 * Finds out what makes a step differ, by rebuilding it: under halves of what was varied, until one variation is left
 * that suffices; or, when it differs with nothing varied, under a clock that stands still.
 * @param varied what was varied when it differed
 * @param hasClock can the clock be made to stand still?
 * @returns a sentence without its full stop
 */
export async function blame(varied: readonly Variation[], hasClock: boolean, attempt: Try): Promise<string> {
  if ((await attempt({ variations: nothing })).same) {
    const cause = await narrow(varied, async (some) => !(await attempt({ variations: new Set(some) })).same);
    const words = cause.map((each) => `${each}: ${variations[each]}`).join('; ');
    return cause.length === 1 ? `it follows from ${words}` : `it takes all of these together: ${words}`;
  }
  const always = 'it differs from one run to the next with nothing varied';
  if (!hasClock) return `${always}: a time, random numbers, process numbers, or the order in which jobs end`;
  const still: RebuildOptions = { variations: nothing, clock: { still: standstill } };
  const [one, other] = [await attempt(still), await attempt(still)];
  return one.word === other.word
    ? 'it follows from the clock: when the clock stands still, two rebuilds are the same'
    : `${always}, even when the clock stands still: random numbers, process numbers, or the order in which jobs end`;
}

/** The smallest set that this halving finds which still makes a difference. */
async function narrow(
  set: readonly Variation[],
  differs: (some: readonly Variation[]) => Promise<boolean>,
): Promise<readonly Variation[]> {
  if (set.length <= 1) return set;
  const middle = Math.ceil(set.length / 2);
  for (const half of [set.slice(0, middle), set.slice(middle)]) {
    if (await differs(half)) return narrow(half, differs);
  }
  return set;
}
