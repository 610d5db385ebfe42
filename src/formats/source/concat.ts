import type { ByteSource } from '../../base/index.ts';
import { checkRange } from './slice.ts';

/** Sources one after another as one. */
export function concat(parts: readonly ByteSource[]): ByteSource {
  const starts: number[] = [];
  let size = 0;
  for (const part of parts) {
    starts.push(size);
    size += part.size;
  }
  return {
    size,
    async read(offset, length) {
      checkRange({ size }, offset, length);
      const output = new Uint8Array(length);
      for (const [index, part] of parts.entries()) {
        const start = starts[index] ?? 0;
        const from = Math.max(offset, start);
        const to = Math.min(offset + length, start + part.size);
        if (from >= to) continue;
        if (from === offset && to === offset + length) return part.read(from - start, length);
        output.set(await part.read(from - start, to - from), from - offset);
      }
      return output;
    },
  };
}
