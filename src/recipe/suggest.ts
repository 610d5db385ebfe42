import { distance } from 'fastest-levenshtein';

/** 'Did you mean "bios"?' for the candidate nearest to what was written, or undefined when none is near. */
export function suggest(written: string, candidates: Iterable<string>): string | undefined {
  if (written.length > 64) return undefined;
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(written.length / 3)) + 1;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - written.length) >= bestDistance) continue;
    const d = distance(written, candidate);
    if (d < bestDistance) [best, bestDistance] = [candidate, d];
  }
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
