import type { ByteSource } from '../base/index.ts';

const chunk = 1 << 20;

/** The offset of the first byte that differs; where one ends sooner, its size. Undefined for the same bytes. */
export async function firstDifference(a: ByteSource, b: ByteSource): Promise<number | undefined> {
  const common = Math.min(a.size, b.size);
  for (let at = 0; at < common; at += chunk) {
    const length = Math.min(chunk, common - at);
    const place = a.place?.(at, length);
    if (place !== undefined && place === b.place?.(at, length)) continue;
    const [one, other] = await Promise.all([a.read(at, length), b.read(at, length)]);
    if (Buffer.compare(one, other) === 0) continue;
    return at + one.findIndex((byte, index) => byte !== other[index]);
  }
  return a.size === b.size ? undefined : common;
}
