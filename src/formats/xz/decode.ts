import { ReadableStream } from 'node:stream/web';
import xz from 'xz-decompress';
import { FormatError } from '../../base/index.ts';

/** How often in a row the decoder may give nothing: it reads headers and small blocks without output. */
const patience = 64;

/**
 * Decodes an .xz container.
 * @param size of the output in bytes, which the input must fill exactly
 * @param at where the input lies in the file, for errors
 */
export async function decodeXz(input: Uint8Array, size: number, at = 0): Promise<Uint8Array> {
  const fail = (message: string): FormatError => new FormatError('xz', message, { offset: at });
  if (size > 0 && input.length === 0) throw fail('has no bytes');
  const pieces: Uint8Array[] = [];
  let length = 0;
  const compressed = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(input);
      controller.close();
    },
  });
  let empty = 0;
  const reader = new xz.XzReadableStream(compressed).getReader();
  try {
    for (;;) {
      const { done, value } = (await reader.read()) as { done: boolean; value?: Uint8Array };
      if (done) break;
      const piece = value ?? new Uint8Array();
      length += piece.length;
      // Input that ends too early makes the decoder fail on its own; this is against waiting for ever all the same.
      empty = piece.length === 0 ? empty + 1 : 0;
      if (empty > patience) throw fail('gives no output');
      if (length > size) throw fail(`decodes to more than ${size} bytes`);
      pieces.push(piece);
    }
  } catch (cause) {
    await reader.cancel().catch(() => undefined);
    if (cause instanceof FormatError) throw cause;
    throw fail(`does not decode: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  if (length !== size) throw fail(`decodes to ${length} bytes instead of ${size}`);
  return Buffer.concat(pieces, size);
}
