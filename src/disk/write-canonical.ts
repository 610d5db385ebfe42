import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { ByteSource } from '../base/index.ts';
import { canonicalChunk, canonicalQcow2 } from '../formats/qcow2/index.ts';
import { byRename, checkFreeSpace } from '../image/index.ts';
import { writeAll } from '../image/write-all.ts';

export interface CanonicalOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * Writes a disk as the one qcow2 image that it has in canonical form. It appears by rename.
 * @returns the file's size and digest
 */
export async function writeCanonical(
  source: ByteSource,
  output: string,
  { signal, onProgress }: CanonicalOptions = {},
): Promise<{ readonly size: number; readonly sha256: string }> {
  const { size } = source;
  const zeros = Buffer.alloc(canonicalChunk);
  const chunk = async (number: number): Promise<Buffer> => {
    signal?.throwIfAborted();
    const at = number * canonicalChunk;
    return Buffer.from(await source.read(at, Math.min(canonicalChunk, size - at)));
  };
  const numbers: number[] = [];
  const count = Math.ceil(size / canonicalChunk);
  for (let number = 0; number < count; number++) {
    const bytes = await chunk(number);
    if (!bytes.equals(zeros.subarray(0, bytes.length))) numbers.push(number);
    onProgress?.(Math.min(size, (number + 1) * canonicalChunk) / 2, size);
  }
  const form = canonicalQcow2(size, numbers);
  await checkFreeSpace(output, numbers.length * canonicalChunk);
  return byRename(output, async (partial) => {
    const file = await open(partial, 'wx');
    try {
      const hash = createHash('sha256').update(form.tables);
      await file.truncate(form.size);
      await writeAll(file, form.tables, 0);
      let end = form.tables.length;
      for (const [index, number] of numbers.entries()) {
        const [bytes, place] = [await chunk(number), form.placeOf(number) ?? 0];
        hash.update(bytes);
        await writeAll(file, bytes, place);
        end = place + bytes.length;
        onProgress?.((size + (size * (index + 1)) / numbers.length) / 2, size);
      }
      hash.update(zeros.subarray(0, form.size - end));
      await file.sync();
      return { size: form.size, sha256: hash.digest('hex') };
    } finally {
      await file.close();
    }
  });
}
