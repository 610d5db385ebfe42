import type { Difference, Excerpt, FileDifference } from '../../difference/index.ts';
import type { Unvaried, Variation } from './variation.ts';

/** What became of an output: `varies` is one that differs and whose recipe says that it may. */
export type Verdict = 'identical' | 'varies' | 'different';

export interface OutputVerdict {
  readonly output: string;
  readonly verdict: Verdict;
  /** Why it may differ, as its recipe says, whether it did or not. */
  readonly varies?: string;
  readonly differences: readonly ReportedDifference[];
  /** Further entries that differ and are not told. */
  readonly more: number;
}

/** One file that differs, in a form that JSON holds. */
export interface ReportedDifference {
  /** Inside the output; of an output that is one file, its own. */
  readonly path: string;
  readonly what: string;
  /** See src/difference/locate.ts. */
  readonly where?: Omit<Difference, 'stored' | 'rebuilt'> & {
    readonly stored: HexExcerpt;
    readonly rebuilt: HexExcerpt;
  };
  /** The lines of diffoscope, where it is installed. */
  readonly diffoscope?: readonly string[];
}

export type HexExcerpt = Omit<Excerpt, 'bytes'> & { readonly hex: string };

/** What was found of one step. */
export interface StepVerdict {
  readonly verdict: Verdict;
  readonly outputs: readonly OutputVerdict[];
  readonly varied: readonly Variation[];
  readonly unvaried: readonly Unvaried[];
  /** What makes it differ, in words, where that was looked for. */
  readonly cause?: string;
}

export function reportDifference(
  { path, what, difference }: FileDifference,
  said: readonly string[] | undefined,
): ReportedDifference {
  const hex = ({ bytes, ...rest }: Excerpt): HexExcerpt => ({
    ...rest,
    hex: Buffer.from(bytes).toString('hex'),
  });
  const where = difference && {
    ...difference,
    stored: hex(difference.stored),
    rebuilt: hex(difference.rebuilt),
  };
  return {
    path,
    what,
    ...(where === undefined ? {} : { where }),
    ...(said === undefined ? {} : { diffoscope: said }),
  };
}
