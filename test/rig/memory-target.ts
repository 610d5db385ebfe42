import type { ByteTarget } from '../../src/base/index.ts';
import { checkRange } from '../../src/formats/source/index.ts';

/** Larger than any seed grows by an edit. */
const most = 64 * 2 ** 20;

/** A target in memory that begins with bytes. */
export function memoryTarget(initial: Uint8Array): ByteTarget {
  let data = Buffer.from(initial);
  return {
    get size() {
      return data.length;
    },
    read(offset, length) {
      checkRange({ size: data.length }, offset, length);
      return Promise.resolve(Buffer.from(data.subarray(offset, offset + length)));
    },
    write(offset, bytes) {
      const end = offset + bytes.length;
      if (end > most) throw new Error(`an edit writes at ${offset}, far behind its volume`);
      if (end > data.length) data = Buffer.concat([data, Buffer.alloc(end - data.length)]);
      data.set(bytes, offset);
      return Promise.resolve();
    },
  };
}
