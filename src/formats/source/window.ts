import type { ByteTarget } from '../../base/index.ts';
import { checkRange } from './slice.ts';

/** A range of a target as a target of its own, which cannot grow. @throws FormatError when a write leaves it */
export function windowOf(target: ByteTarget, offset: number, size: number): ByteTarget {
  checkRange(target, offset, size);
  return {
    size,
    async read(at, length) {
      checkRange({ size }, at, length);
      return target.read(offset + at, length);
    },
    async write(at, bytes) {
      checkRange({ size }, at, bytes.length);
      await target.write(offset + at, bytes);
    },
    ...(target.readInto !== undefined && {
      async readInto(at: number, into: Uint8Array) {
        checkRange({ size }, at, into.length);
        await target.readInto?.(offset + at, into);
      },
    }),
  };
}
