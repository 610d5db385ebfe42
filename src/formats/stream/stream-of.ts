import type { ByteSource } from '../../base/index.ts';
import { checkRange } from '../source/index.ts';

/** Bytes one piece after another, each to be used before the next is asked for. */
export type ByteStream = AsyncIterable<Uint8Array>;

const step = 2 ** 20;

/** A range of a source, read as it is asked for. */
export async function* streamOf(
  source: ByteSource,
  offset = 0,
  length = source.size - offset,
): AsyncGenerator<Uint8Array> {
  checkRange(source, offset, length);
  for (let done = 0; done < length; done += step) {
    yield await source.read(offset + done, Math.min(step, length - done));
  }
}
