import type { ByteSource } from '../../base/index.ts';
import { checkRange } from './slice.ts';

/** Bytes in memory as a source. */
export function memorySource(data: Uint8Array): ByteSource {
  return {
    size: data.length,
    async read(offset, length) {
      checkRange({ size: data.length }, offset, length);
      return Promise.resolve(data.subarray(offset, offset + length));
    },
  };
}
