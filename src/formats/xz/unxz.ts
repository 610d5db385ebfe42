import { ReadableStream } from 'node:stream/web';
import xz from 'xz-decompress';
import { FormatError } from '../../base/index.ts';
import type { ByteStream } from '../stream/index.ts';

/** How often in a row the decoder may give nothing: it reads headers and small blocks without output. */
const patience = 64;

/**
 * Decodes an .xz file as it comes.
 * @param at where it begins in the file, for errors
 */
export async function* unxz(bytes: ByteStream, at: number): AsyncGenerator<Uint8Array> {
  const input = bytes[Symbol.asyncIterator]();
  /** What goes wrong on the way in is told as it is. */
  let failure: { readonly error: unknown } | undefined;
  const compressed = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const next = await input.next();
        if (next.done === true) controller.close();
        // A copy: the decoder may keep it longer than a stream's piece is good for.
        else controller.enqueue(new Uint8Array(next.value));
      } catch (error) {
        failure = { error };
        controller.error(error);
      }
    },
  });
  const reader = new xz.XzReadableStream(compressed).getReader();
  let empty = 0;
  try {
    for (;;) {
      const { done, value } = (await reader.read()) as { done: boolean; value?: Uint8Array };
      if (done) return;
      const piece = value ?? new Uint8Array();
      empty = piece.length === 0 ? empty + 1 : 0;
      if (empty > patience) throw new FormatError('xz', 'gives no output', { offset: at });
      yield piece;
    }
  } catch (cause) {
    if (failure !== undefined) throw failure.error;
    if (cause instanceof FormatError) throw cause;
    throw new FormatError(
      'xz',
      `does not decode: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        offset: at,
      },
    );
  } finally {
    await reader.cancel().catch(() => undefined);
    await input.return?.();
  }
}
