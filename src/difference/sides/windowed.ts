import type { ByteSource } from '../../base/index.ts';

/** Bytes of a window, and how many are kept. Reads as long as a window go past them. */
const [window, kept] = [1 << 18, 64];

/** A source that reads ahead: many small files that lie in a row are read at once. */
export function windowed(source: ByteSource): ByteSource {
  const windows = new Map<number, Promise<Uint8Array>>();
  const at = (index: number): Promise<Uint8Array> => {
    const found = windows.get(index);
    if (found !== undefined) return found;
    const offset = index * window;
    const bytes = source.read(offset, Math.min(window, source.size - offset));
    // One that could not be read is asked for again.
    bytes.catch(() => windows.delete(index));
    windows.set(index, bytes);
    const [oldest] = windows.keys();
    if (windows.size > kept && oldest !== undefined) windows.delete(oldest);
    return bytes;
  };
  return {
    size: source.size,
    ...(source.place !== undefined && { place: (offset, length) => source.place?.(offset, length) }),
    read: async (offset, length) => {
      const [first, last] = [Math.floor(offset / window), Math.floor((offset + length - 1) / window)];
      if (length === 0 || last - first > 1 || offset + length > source.size)
        return source.read(offset, length);
      const begin = offset - first * window;
      const one = await at(first);
      if (first === last) return one.subarray(begin, begin + length);
      const other = await at(last);
      return Buffer.concat([one.subarray(begin), other.subarray(0, offset + length - last * window)]);
    },
  };
}
