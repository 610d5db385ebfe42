import type { Extent } from '../../fork.ts';

/** Gives out free blocks. What it has given out it does not take back. */
export interface Allocator {
  /** Free blocks left. */
  readonly free: number;
  /** @returns runs in order of their blocks; undefined when fewer are free, and then none are taken */
  allocate(count: number): Extent[] | undefined;
}

/** Of runs that may be long enough or not. */
const mostLookedAt = 64;

/**
 * @param runs free runs of the volume
 * @param tail what a growing volume has gained: taken first, one request after another
 */
export function allocator(runs: readonly Extent[], tail: Extent): Allocator {
  let { startBlock: tailStart, blockCount: tailLeft } = tail;
  let free = runs.reduce((sum, { blockCount }) => sum + blockCount, tailLeft);
  /** Free runs by the logarithm of their length, so that a run that is long enough is found without a search. */
  const bins: Extent[][] = Array.from({ length: 33 }, () => []);
  const bin = (count: number): Extent[] => bins[Math.floor(Math.log2(count))] ?? [];
  for (const run of runs) bin(run.blockCount).push(run);

  const take = (run: Extent, count: number): Extent => {
    const rest = run.blockCount - count;
    if (rest > 0) bin(rest).push({ startBlock: run.startBlock + count, blockCount: rest });
    return { startBlock: run.startBlock, blockCount: count };
  };
  const fromTail = (count: number): Extent => {
    const run = { startBlock: tailStart, blockCount: count };
    tailStart += count;
    tailLeft -= count;
    return run;
  };
  /** A run of the same logarithm, which may be long enough or not. */
  const fittingRun = (count: number): Extent | undefined => {
    const list = bin(count);
    for (let index = list.length - 1; index >= Math.max(0, list.length - mostLookedAt); index--) {
      const run = list[index];
      const last = list.at(-1);
      if (run === undefined || last === undefined || run.blockCount < count) continue;
      list[index] = last;
      list.pop();
      return run;
    }
    return undefined;
  };
  const inOneRun = (count: number): Extent | undefined => {
    if (tailLeft >= count) return fromTail(count);
    const longer = Math.floor(Math.log2(count)) + 1;
    const run = fittingRun(count) ?? bins.find((list, log) => log >= longer && list.length > 0)?.pop();
    return run === undefined ? undefined : take(run, count);
  };
  const inPieces = (count: number): Extent[] => {
    if (tailLeft > 0) bin(tailLeft).push(fromTail(tailLeft));
    const pieces: Extent[] = [];
    for (let left = count; left > 0;) {
      const run = bins.findLast((list) => list.length > 0)?.pop();
      if (run === undefined) throw new RangeError('more blocks are free than there are runs of them');
      pieces.push(take(run, Math.min(left, run.blockCount)));
      left -= pieces.at(-1)?.blockCount ?? 0;
    }
    return pieces.sort((a, b) => a.startBlock - b.startBlock);
  };
  return {
    get free() {
      return free;
    },
    allocate(count) {
      if (count > free) return undefined;
      free -= count;
      if (count === 0) return [];
      const run = inOneRun(count);
      return run === undefined ? inPieces(count) : [run];
    },
  };
}
