import type { ForkSource } from '../../fork.ts';

/** Nodes near one another are read at once; trees are walked along more than one of their levels. */
const windowSize = 2 ** 18;
const windows = 8;

/** Gives nodes by number, which the caller has held against the size of the fork. */
export function nodeReader(fork: ForkSource, nodeSize: number): (number: number) => Promise<Buffer> {
  const perWindow = Math.max(1, windowSize / nodeSize);
  const cache = new Map<number, Buffer>();
  return async (number) => {
    const index = Math.floor(number / perWindow);
    let window = cache.get(index);
    cache.delete(index);
    if (window === undefined) {
      const from = index * perWindow * nodeSize;
      const data = await fork.read(from, Math.min(perWindow * nodeSize, fork.size - from));
      window = Buffer.from(data.buffer, data.byteOffset, data.length);
    }
    // The last used is the last in the order of insertion.
    cache.set(index, window);
    if (cache.size > windows) cache.delete(cache.keys().next().value ?? 0);
    const offset = (number % perWindow) * nodeSize;
    return window.subarray(offset, offset + nodeSize);
  };
}
