import type { ByteTarget } from '../../../../base/index.ts';

const step = 2 ** 20;
const zeros = Buffer.alloc(step);

/** Makes a range read as zeros, writing only where it does not: holes stay holes. */
export async function writeZeros(target: ByteTarget, offset: number, length: number): Promise<void> {
  const end = Math.min(offset + length, target.size);
  for (let at = offset; at < end; at += step) {
    const nothing = zeros.subarray(0, Math.min(step, end - at));
    if (!nothing.equals(await target.read(at, nothing.length))) await target.write(at, nothing);
  }
}
