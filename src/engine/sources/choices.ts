import type { Sha256 } from '../../base/index.ts';
import { sourceDigest, type Pinned } from '../../sources/locked.ts';

/** Source name → its pinned origins, the preferred one first. */
export type Origins = ReadonlyMap<string, readonly Pinned[]>;

/** One origin of each of a step's sources, by name. */
export type Choice = ReadonlyMap<string, Pinned>;

/** More choices than these are not looked at: their number is the product of the sources' origins. */
const mostChoices = 256;

/**
 * Lists the choices of one origin for each source, the preferred origins first: all that differ in one source come
 * before those that differ in two. Origins of the same bytes are one.
 */
export function choicesOf(sources: Origins): readonly Choice[] {
  let choices: { readonly rank: number; readonly choice: readonly (readonly [string, Pinned])[] }[] = [
    { rank: 0, choice: [] },
  ];
  for (const [name, origins] of sources) {
    const different = [...new Map(origins.toReversed().map((one) => [sourceDigest(one), one])).values()];
    different.reverse();
    choices = choices
      .flatMap(({ rank, choice }) =>
        different.map((one, index) => ({ rank: rank + index, choice: [...choice, [name, one] as const] })),
      )
      .sort((a, b) => a.rank - b.rank)
      .slice(0, mostChoices);
  }
  return choices.map(({ choice }) => new Map(choice));
}

/** The digests of the origins chosen: what enters the cache key. */
export function digestsOf(choice: Choice): Record<string, Sha256> {
  return Object.fromEntries([...choice].map(([name, pinned]) => [name, sourceDigest(pinned)]));
}
