import type { Extent } from '../fork.ts';

/** Gives out free blocks. What it has given out it does not take back. */
export interface Allocator {
  /** Free blocks left. */
  readonly free: number;
  /** @returns runs in order of their blocks; undefined when fewer are free, and then none are taken */
  allocate(count: number): Extent[] | undefined;
}

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
  const inOneRun = (count: number): Extent | undefined => {
    if (tailLeft >= count) return fromTail(count);
    const own = bin(count);
    const index = own.findIndex(({ blockCount }) => blockCount >= count);
    const [fitting] = index < 0 ? [] : own.splice(index, 1);
    if (fitting !== undefined) return take(fitting, count);
    const longer = bins.find((list, log) => log > Math.floor(Math.log2(count)) && list.length > 0)?.pop();
    return longer === undefined ? undefined : take(longer, count);
  };
  const inPieces = (count: number): Extent[] => {
    const pieces: Extent[] = [];
    for (let left = count; left > 0;) {
      const run = bins.findLast((list) => list.length > 0)?.pop();
      const part =
        run === undefined || tailLeft > run.blockCount
          ? fromTail(Math.min(left, tailLeft))
          : take(run, Math.min(left, run.blockCount));
      if (run !== undefined && tailLeft > run.blockCount) bin(run.blockCount).push(run);
      pieces.push(part);
      left -= part.blockCount;
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
