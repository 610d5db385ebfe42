import type { ByteTarget } from '../../../../base/index.ts';

/** How much is compared, and written where it differs. */
const step = 2 ** 20;
const zeros = Buffer.alloc(step);

/** Makes a range read as zeros, writing only where it does not: holes stay holes. */
export async function writeZeros(target: ByteTarget, offset: number, length: number): Promise<void> {
  const end = Math.min(offset + length, target.size);
  await writeWhereOther(target, offset, end, (from, to) => zeros.subarray(0, to - from));
}

/** Writes bytes where others are: a bitmap of terabytes is large, and little of it changes. */
export async function writeChanged(target: ByteTarget, offset: number, bytes: Uint8Array): Promise<void> {
  await writeWhereOther(target, offset, offset + bytes.length, (from, to) =>
    bytes.subarray(from - offset, to - offset),
  );
}

async function writeWhereOther(
  target: ByteTarget,
  start: number,
  end: number,
  wanted: (from: number, to: number) => Uint8Array,
): Promise<void> {
  const memory = Buffer.allocUnsafe(Math.min(step, Math.max(0, end - start)));
  for (let at = start; at < end; at += step) {
    const bytes = wanted(at, Math.min(at + step, end));
    if (!(await holds(target, at, bytes, memory))) await target.write(at, bytes);
  }
}

/** Has the target these bytes there? @param memory to read into, as long as they are or longer */
async function holds(target: ByteTarget, at: number, bytes: Uint8Array, memory: Buffer): Promise<boolean> {
  if (at + bytes.length > target.size) return false;
  if (target.readInto === undefined) return Buffer.compare(await target.read(at, bytes.length), bytes) === 0;
  const present = memory.subarray(0, bytes.length);
  await target.readInto(at, present);
  return present.compare(bytes) === 0;
}
