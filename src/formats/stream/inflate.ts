import { pipeline, Readable } from 'node:stream';
import { createGunzip, createInflate } from 'node:zlib';
import { FormatError } from '../../base/index.ts';
import type { ByteStream } from './stream-of.ts';

const pieceSize = 2 ** 18;

/**
 * Decodes a zlib stream or a gzip file (RFC 1950, 1952) as it comes.
 * @param at where it begins in the file, for errors
 */
export async function* inflate(
  bytes: ByteStream,
  format: 'zlib' | 'gzip',
  at: number,
): AsyncGenerator<Uint8Array> {
  const decoder =
    format === 'zlib' ? createInflate({ chunkSize: pieceSize }) : createGunzip({ chunkSize: pieceSize });
  // What goes wrong on the way in ends the decoder, and so is thrown where its output is read.
  pipeline(Readable.from(bytes), decoder, () => undefined);
  try {
    for await (const piece of decoder) yield piece as Uint8Array;
  } catch (cause) {
    if (!(cause instanceof Error) || !('code' in cause) || !String(cause.code).startsWith('Z_')) throw cause;
    throw new FormatError(format, `does not decode: ${cause.message}`, { offset: at });
  }
}
