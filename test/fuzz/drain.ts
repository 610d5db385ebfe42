import { Failure, FormatError, type ByteSource } from '../../src/base/index.ts';
import { slice } from '../../src/formats/source/index.ts';
import { streamOf, type ByteStream } from '../../src/formats/stream/index.ts';

/** A mutated size may be of terabytes that are nothing: the beginning, the end, and pieces between. */
const most = 4 * 2 ** 20;

/** What a file cannot be read by is an answer. */
export async function readSomeOf(open: () => ByteSource | Promise<ByteSource>): Promise<void> {
  try {
    await readSome(await open());
  } catch (error) {
    if (!(error instanceof FormatError) && !(error instanceof Failure)) throw error;
  }
}

export async function readSome(source: ByteSource): Promise<void> {
  if (source.size <= most) {
    await drain(streamOf(source));
    return;
  }
  for (let step = 0; step <= 8; step++) {
    const at = Math.floor(((source.size - 65_536) * step) / 8);
    await slice(source, at, 65_536).read(0, 65_536);
  }
}

/** @param enough in bytes: a stream that decodes to more is not read to its end */
export async function drain(bytes: ByteStream, enough = 16 * most): Promise<void> {
  let total = 0;
  for await (const piece of bytes) if ((total += piece.length) > enough) return;
}
