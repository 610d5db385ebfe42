import type { ByteSource, ByteTarget } from '../../../../base/index.ts';

/** Bytes that are to be in the volume. */
export interface Placement {
  /** In the volume, in bytes. */
  readonly offset: number;
  readonly source: ByteSource;
  /** Where in the source they begin. */
  readonly from: number;
  readonly length: number;
}

const largest = 4 * 2 ** 20;

/**
 * Copies placements one after another; what follows one another in the volume is written at once.
 * @param placements by their offsets
 */
export async function copyData(
  target: ByteTarget,
  placements: readonly Placement[],
  blockSize: number,
  onCopied: (bytes: number) => void,
): Promise<void> {
  const buffer = Buffer.alloc(largest);
  let start = 0;
  let filled = 0;
  const flush = async (): Promise<void> => {
    if (filled > 0) await target.write(start, buffer.subarray(0, filled));
    filled = 0;
  };
  for (const { offset, source, from, length } of placements) {
    for (let done = 0; done < length;) {
      if (offset + done !== start + filled || filled === largest) {
        await flush();
        start = offset + done;
      }
      const part = await source.read(from + done, Math.min(length - done, largest - filled));
      buffer.set(part, filled);
      filled += part.length;
      done += part.length;
      onCopied(part.length);
    }
    // What is left of the last block belongs to the file too.
    const rest = Math.min(-(offset + length) & (blockSize - 1), largest - filled);
    buffer.fill(0, filled, filled + rest);
    filled += rest;
  }
  await flush();
}
