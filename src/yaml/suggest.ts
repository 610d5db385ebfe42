import { distance } from 'fastest-levenshtein';

/** 'Did you mean "bios"?' for the candidate nearest to what was written, or undefined when none is near or continues it. */
export function suggest(written: string, candidates: Iterable<string>): string | undefined {
  if (written.length > 64) return undefined;
  let best: string | undefined;
  let continued: string | undefined;
  let bestDistance = Math.max(1, Math.floor(written.length / 3)) + 1;
  for (const candidate of candidates) {
    if (written.length >= 3 && candidate.startsWith(written)) continued ??= candidate;
    if (Math.abs(candidate.length - written.length) >= bestDistance) continue;
    const d = distance(written, candidate);
    if (d < bestDistance) [best, bestDistance] = [candidate, d];
  }
  best ??= continued;
  return best === undefined ? undefined : `Did you mean "${best}"?`;
}

/** The nearest candidate, or else all of them when they are few enough to read. */
export function suggestOrList(
  written: string,
  candidates: Iterable<string>,
  what: string,
): string | undefined {
  const all = [...candidates];
  const near = suggest(written, all);
  if (near !== undefined) return near;
  if (all.length === 0) return `There are no ${what}.`;
  return all.length <= 12 ? `The ${what}: ${all.join(', ')}.` : undefined;
}
